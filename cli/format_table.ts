import type { Column, Output } from "../commands/command.ts";
import { printable } from "../core/printable.ts";
import { displayWidth, padDisplay } from "./display_width.ts";

const GAP = "  ";

/** A table for people: a header and rows, aligned by the width they take on a terminal, control characters escaped. Ends with a line end;
 *  empty when there are no rows. */
export function formatTable(
  table: Parameters<Output["table"]>[0],
  options: { readonly bold: boolean },
): string {
  if (table.rows.length === 0) return "";
  const cells = table.rows.map((row) => table.columns.map((column) => cellText(column, row[column.key])));
  const widths = table.columns.map((column, index) =>
    cells.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[index] ?? "")),
      displayWidth(column.title),
    ),
  );
  const line = (texts: readonly string[]) =>
    table.columns
      .map((column, index) => padDisplay(texts[index] ?? "", widths[index] ?? 0, column.align))
      .join(GAP)
      .trimEnd();
  const header = line(table.columns.map((column) => column.title));
  return `${[options.bold ? `\u001b[1m${header}\u001b[0m` : header, ...cells.map(line)].join("\n")}\n`;
}

function cellText(column: Column, value: unknown): string {
  if (column.format !== undefined) return printable(column.format(value));
  if (value === undefined || value === null) return "-";
  if (value instanceof Date) return value.toISOString();
  return printable(typeof value === "object" ? JSON.stringify(value) : String(value));
}
