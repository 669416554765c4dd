import { parseByteSize } from "../../core/bytes/byte_size.ts";
import { JcsError } from "../../core/errors.ts";

/** Makes the reader of an option that takes a number of bytes, `1000` or `64KiB`; its `Usage` error names the option. */
export function parseByteOption(option: string): (text: string) => number {
  return (text) => {
    try {
      return parseByteSize(text);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new JcsError("Usage", `${option}: ${why}`, { cause });
    }
  };
}
