import { JcsError } from "../../core/errors.ts";
import { isGlob } from "../../core/objects/glob.ts";
import { storedText } from "./stored_text.ts";

/** Throws `Usage` when two sources that are not globs would have the same name where they go: one would take the other's place. */
export function refuseSameNames(sources: readonly string[], command: string): void {
  const names = new Map<string, string>();
  for (const source of sources) {
    const text = storedText(source, command);
    if (isGlob(text)) continue;
    const name = text.replace(/\/+$/, "").replace(/^.*\//, "");
    const other = names.get(name);
    if (other !== undefined) {
      const both = `${JSON.stringify(other)} and ${JSON.stringify(source)}`;
      throw new JcsError(
        "Usage",
        `Cannot ${command} ${both} into one place: both are called ${JSON.stringify(name)}`,
      );
    }
    names.set(name, source);
  }
}
