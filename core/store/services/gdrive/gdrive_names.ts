import { decodeName, encodeName } from "../../encoded_name.ts";

/** What names in paths cannot be or hold, and names in Drive can. */
const NO_PATH = /[\\/\0]|^\.{1,2}$/g;

/** The name that a name of a path has in Drive, which holds every text: itself, unless it is one that {@link pathName} has encoded. */
export function driveName(name: string): string {
  const decoded = decodeName(name);
  return isNoPath(decoded) && encodeName(decoded, NO_PATH) === name ? decoded : name;
}

/** The name that something in Drive has in a path: slashes and the like are encoded. `undefined` for what no path could lead to. */
export function pathName(name: string): string | undefined {
  if (name === "" || !name.isWellFormed()) return undefined;
  const shown = isNoPath(name) ? encodeName(name, NO_PATH) : name;
  return driveName(shown) === name ? shown : undefined;
}

function isNoPath(name: string): boolean {
  NO_PATH.lastIndex = 0;
  return NO_PATH.test(name);
}
