import { formatByteSize } from "../../core/bytes/byte_size.ts";
import type { Capabilities } from "../../core/store/store.ts";

/** What a space can do: by its service alone, and as jcs uses it. */
export interface CapabilityPair {
  readonly native: Capabilities;
  readonly effective: Capabilities;
}

/** One line for each capability, `service` and `here` beside each other: layers add some (the `virtual_` options, gathering a body of unknown
 *  size), and a probe takes away what it disproved. */
export function capabilityLines(pair: CapabilityPair): readonly string[] {
  const [native, effective] = [complete(pair.native), complete(pair.effective)];
  const keys = [...new Set([...Object.keys(native), ...Object.keys(effective)])] as (keyof Capabilities)[];
  const rows = [
    ["Capability", "service", "here"],
    ...keys.map((key) => [words(key), shown(native[key]), shown(effective[key])]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
}

/** With what holds where a service says nothing. */
function complete(capabilities: Capabilities): Capabilities {
  return { makeDirectory: capabilities.directories, overwriteAtomic: true, ...capabilities };
}

/** `readRange` as "read range", `nameBytesMax` as "longest name". */
function words(key: string): string {
  const longest = /^(.*)BytesMax$/.exec(key)?.[1];
  return longest === undefined
    ? key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    : `longest ${longest}`;
}

function shown(value: unknown): string {
  if (typeof value === "number") return Number.isFinite(value) ? formatByteSize(value) : "any";
  if (typeof value === "boolean" || value === undefined) return value === true ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") || "no" : String(value);
}
