import { JcsError } from "../errors.ts";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ...["k", "m", "g", "t", "p", "e"].flatMap((letter, index): [string, number][] => [
    [`${letter}b`, 1000 ** (index + 1)],
    [`${letter}ib`, 1024 ** (index + 1)],
  ]),
]);

/** Reads a number of bytes as people write it: `1048576`, `64 KiB`, `1.5GB`, letter case aside.
 *
 *  `KiB` to `EiB` are powers of 1024, `KB` to `EB` powers of 1000; a part of a byte is dropped. Throws `Usage` for anything else, also
 *  for a bare `K` or `M`, which could mean either, and for more than JavaScript counts exactly (8 PiB). */
export function parseByteSize(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNITS.get((match?.[2] ?? "").toLowerCase());
  if (match === null || unit === undefined) {
    const hint = "write a number and a unit, for example 64KiB, 50GiB or 1.5GB";
    throw new JcsError("Usage", `Cannot read ${JSON.stringify(text)} as a size: ${hint}`);
  }
  const bytes = Math.floor(Number(match[1]) * unit);
  if (!Number.isSafeInteger(bytes)) {
    throw new JcsError("Usage", `Cannot read ${JSON.stringify(text)} as a size: it must be less than 8PiB`);
  }
  return bytes;
}

const BINARY_UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A number of bytes for people, three significant digits at least: `512B`, `1.5KiB`, `10MiB`, `1023MiB`. {@link parseByteSize} reads it. */
export function formatByteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  let value = bytes;
  let unit = "B";
  for (const next of BINARY_UNITS) {
    // 1023.5 would show as 1024 of the smaller unit.
    if (value < 1023.5) break;
    value /= 1024;
    unit = next;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${Number(value.toFixed(digits))}${unit}`;
}
