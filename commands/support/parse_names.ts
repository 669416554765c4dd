import { JcsError } from "../../core/errors.ts";

/** Names separated by commas, each once; throws `Usage` for an empty one. */
export function parseNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) {
    throw new JcsError("Usage", `Cannot read ${JSON.stringify(text)}: write names separated by commas`);
  }
  return [...new Set(names)];
}
