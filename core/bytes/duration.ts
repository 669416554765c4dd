import { JcsError } from "../errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3, // U+00B5, micro sign
  μs: 1e-3, // U+03BC, Greek letter mu
  ns: 1e-6,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/gy;

/** Reads a duration in Go's syntax (`300ms`, `1.5h`, `1h30m`, `0`), also with days (`7d`, of 24 hours), and returns milliseconds, which may have a fraction.
 *
 *  Throws `Usage` for anything else, a missing unit and negative durations included. Source: Go, time.ParseDuration. */
export function parseDuration(text: string): number {
  if (/^\+?0$/.test(text)) return 0;
  const body = text.startsWith("+") ? text.slice(1) : text;
  let milliseconds = 0;
  let end = 0;
  for (const part of body.matchAll(PART)) {
    milliseconds += Number(part[1]) * (UNIT_MS[part[2] ?? ""] ?? Number.NaN);
    end = part.index + part[0].length;
  }
  if (end === 0 || end !== body.length || !Number.isFinite(milliseconds)) {
    const hint = "write numbers with units, for example 30s, 300ms, 1h30m or 7d";
    throw new JcsError("Usage", `Cannot read ${JSON.stringify(text)} as a duration: ${hint}`);
  }
  return milliseconds;
}

/** Milliseconds in Go's syntax without the parts that are zero: `1h30m`, `1.5s`, `250ms`, `0s`. {@link parseDuration} reads it.
 *
 *  Rounded to a microsecond. Requires a finite number that is not negative. */
export function formatDuration(milliseconds: number): string {
  const microseconds = Math.round(milliseconds * 1000);
  if (microseconds === 0) return "0s";
  if (microseconds < 1000) return `${microseconds}us`;
  if (microseconds < 1_000_000) return `${microseconds / 1000}ms`;
  const hours = Math.floor(microseconds / 3_600_000_000);
  const minutes = Math.floor((microseconds % 3_600_000_000) / 60_000_000);
  const seconds = (microseconds % 60_000_000) / 1_000_000;
  return `${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes}m` : ""}${seconds > 0 ? `${seconds}s` : ""}`;
}

/** Milliseconds to a tenth of one: what scripts get to see. */
export function toTenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
