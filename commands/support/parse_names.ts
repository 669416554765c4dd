import { JcsError } from "../../core/errors.ts";

/** Names separated by commas, of an option that may be repeated: those of `before` and these, each once. Throws `Usage` for an empty one. */
export function parseNames(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) {
    throw new JcsError("Usage", `Cannot read ${JSON.stringify(text)}: write names separated by commas`);
  }
  return [...new Set([...before, ...names])];
}
