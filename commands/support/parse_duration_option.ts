import { parseDuration } from "../../core/bytes/duration.ts";
import { JcsError } from "../../core/errors.ts";

/** Makes the reader of an option that takes a duration, `90s`, `1h30m` or `7d`, as milliseconds; its `Usage` error names the option. */
export function parseDurationOption(option: string): (text: string) => number {
  return (text) => {
    try {
      return parseDuration(text);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new JcsError("Usage", `${option}: ${why}`, { cause });
    }
  };
}
