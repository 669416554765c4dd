import { JcsError } from "../../core/errors.ts";

/** Reads one `key=value` of an option that may be repeated, and adds it to those before. Throws `Usage` without a key or `=`. */
export function collectPairs(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new JcsError("Usage", `Cannot read ${JSON.stringify(text)}: write key=value`);
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
