import { JcsError } from "../../core/errors.ts";
import { isGlob } from "../../core/objects/glob.ts";

/** Throws `Usage` when two sources that are not globs would have the same name where they go: one would take the other's place. `pathOf`
 *  gives the path in a source's text. */
export function refuseSameNames(
  sources: readonly string[],
  options: { readonly command: string; readonly pathOf: (source: string) => string },
): void {
  const names = new Map<string, string>();
  for (const source of sources) {
    const path = options.pathOf(source);
    if (isGlob(path)) continue;
    const name = path.replace(/\/+$/, "").replace(/^.*\//, "");
    const other = names.get(name);
    if (other !== undefined) {
      const both = `${JSON.stringify(other)} and ${JSON.stringify(source)}`;
      throw new JcsError(
        "Usage",
        `Cannot ${options.command} ${both} into one place: both are called ${JSON.stringify(name)}`,
      );
    }
    names.set(name, source);
  }
}
