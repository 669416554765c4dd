import { normalizePath } from "../normalize_path.ts";
import type { Capabilities, StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import { reservedNameIn } from "./reserved_names.ts";

/** The one spelling of a path, where objects are files under their own names. Throws `Usage` for what is no path, for names that are jcs's own and, with
 *  `limits`, for what is too long as the service has it: `directory` and then the names as `spell` gives them. */
export function normalizeFilePath(
  info: StoreInfo,
  path: string,
  limits?: Pick<Capabilities, "pathBytesMax" | "nameBytesMax"> & {
    readonly directory: string;
    readonly spell?: (name: string) => string;
  },
): string {
  const normal = normalizePath(path, info.workDirectory);
  const refuse = (state: string) => storeError(info, { kind: "Usage", operation: "use", path, state });
  const reserved = reservedNameIn(normal);
  if (reserved !== undefined) throw refuse(`the name ${JSON.stringify(reserved)} is reserved`);
  if (limits === undefined) return normal;
  const { directory, nameBytesMax, pathBytesMax, spell = (name) => name } = limits;
  const names = normal.split("/").map(spell);
  const isLong = names.some((name) => Buffer.byteLength(name) > nameBytesMax);
  if (isLong || Buffer.byteLength(directory + names.join("/")) > pathBytesMax) {
    throw refuse("the path or a name in it is too long");
  }
  return normal;
}
