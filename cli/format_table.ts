import type { Column, Output } from "../commands/command.ts";
import { printable } from "../core/printable.ts";
import { displayWidth, padDisplay, truncateDisplay } from "./display_width.ts";

const GAP = "  ";
/** With less room than this the last column gets lines of its own. */
const LAST_COLUMNS_MIN = 30;
const OWN_LINE_INDENT = 4;
/** A last column that is cut keeps so much at least. */
const CUT_COLUMNS_MIN = 12;

/** A table for people: a header and rows, aligned by the width they take on a terminal, control characters escaped. Ends with a line end;
 *  empty when there are no rows. With `columns` the words of a last column that is too long for such a terminal are put below each other, or
 *  cut where the column says so. */
export function formatTable(
  table: Parameters<Output["table"]>[0],
  options: { readonly bold: boolean; readonly columns?: number | undefined },
): string {
  if (table.rows.length === 0) return "";
  const cells = table.rows.map((row) => table.columns.map((column) => cellText(column, row[column.key])));
  const widths = table.columns.map((column, index) =>
    cells.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[index] ?? "")),
      displayWidth(column.title),
    ),
  );
  const pad = (texts: readonly string[]) =>
    texts
      .map((text, index) => padDisplay(text, widths[index] ?? 0, table.columns[index]?.align))
      .join(GAP)
      .trimEnd();
  const columns = options.columns ?? Number.POSITIVE_INFINITY;
  const tableColumns = widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP.length);
  const lastStart = tableColumns - (widths.at(-1) ?? 0);
  const line = (texts: readonly string[]) => {
    if (tableColumns <= columns || table.columns.at(-1)?.align === "right") return pad(texts);
    if (table.columns.at(-1)?.cut === true) {
      const room = Math.max(columns - lastStart, CUT_COLUMNS_MIN);
      return pad([...texts.slice(0, -1), truncateDisplay(texts.at(-1) ?? "", room)]);
    }
    const isBeside = columns - lastStart >= LAST_COLUMNS_MIN;
    const indent = isBeside ? lastStart : OWN_LINE_INDENT;
    const [first = "", ...more] = wrapWords(texts.at(-1) ?? "", columns - indent);
    const lines = isBeside
      ? [pad([...texts.slice(0, -1), first]), ...more.map((text) => " ".repeat(indent) + text)]
      : [pad(texts.slice(0, -1)), ...[first, ...more].map((text) => " ".repeat(indent) + text)];
    return lines.join("\n");
  };
  const header = line(table.columns.map((column) => column.title));
  return `${[options.bold ? `\u001b[1m${header}\u001b[0m` : header, ...cells.map(line)].join("\n")}\n`;
}

/** The text in lines of at most `columns`; a word that is longer has a line of its own. */
function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function cellText(column: Column, value: unknown): string {
  if (column.format !== undefined) return printable(column.format(value));
  if (value === undefined || value === null) return "-";
  if (value instanceof Date) return value.toISOString();
  return printable(typeof value === "object" ? JSON.stringify(value) : String(value));
}
