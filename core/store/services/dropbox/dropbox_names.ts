import { decodeName, encodeName } from "../../encoded_name.ts";
import { isOwnName, nameOfAside, temporaryName } from "../../files/reserved_names.ts";
import { normalizePath } from "../../normalize_path.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";

/** Longest single name, in characters of UTF-16. */
export const NAME_CHARACTERS_MAX = 255;
/** Longest path that goes into a header, in bytes; the service itself names no bound. */
export const PATH_BYTES_MAX = 4096;

/** What names must not hold, and the first letter of names that Dropbox keeps for itself. */
const REFUSED =
  /[\\\u007f]| $|^\.(?=(?:ds_store|dropbox|dropbox\.attr)$|~)|^d(?=esktop\.ini$)|^t(?=humbs\.db$)|^i(?=con\r$)|^~(?=\$|[\s\S]*\.tmp$)/gi;
/** Besides, everything that may be part of a character in another spelling than the composed one, which is the only one that Dropbox has. */
const REFUSED_DECOMPOSED = new RegExp(`${REFUSED.source}|[^\\u0000-\\u007f\\u201b]`, "giu");

/** A path in its one spelling, and how Dropbox calls it. */
export interface Place {
  readonly path: string;
  /** Starts with a slash. */
  readonly name: string;
}

/** Where `path` lies. `Usage` when there can be no such object. */
export function placeOf(info: StoreInfo, call: { readonly operation: string; readonly path: string }): Place {
  const path = normalizePath(call.path, info.workDirectory);
  const name = nameOf(info, path);
  const refuse = (state: string) =>
    storeError(info, { kind: "Usage", operation: call.operation, path, state });
  if (Buffer.byteLength(name) > PATH_BYTES_MAX) {
    throw refuse(`the path is longer than ${PATH_BYTES_MAX} bytes`);
  }
  for (const each of name.split("/")) {
    if (each.length > NAME_CHARACTERS_MAX) {
      throw refuse(`the path holds a name of more than ${NAME_CHARACTERS_MAX} characters`);
    }
    if (isOwnName(each)) throw refuse("names of this form are jcs's own");
  }
  return { path, name };
}

/** What Dropbox calls a path of the store; the work directory for an empty one, and that is empty where it is the root. */
export function nameOf(info: StoreInfo, path: string): string {
  return [...namesOf(info.workDirectory), ...namesOf(path)].map((name) => `/${encode(name)}`).join("");
}

/** The path of what `name` calls, below the directory `directory` that was asked for in any letter case; `undefined` for what jcs keeps for itself
 *  and for a name that is no path. */
export function pathOf(info: StoreInfo, directory: string, name: string): string | undefined {
  const depth = namesOf(info.workDirectory).length + namesOf(directory).length;
  const below = name.split("/").slice(1 + depth);
  if (below.length === 0 || below.some(isOwnName)) return undefined;
  const path = [...namesOf(directory), ...below.map(decodeName)].join("/");
  try {
    return normalizePath(path, info.workDirectory) === path ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The path of the object that steps aside to what `name` calls, as {@link pathOf}; `undefined` for any other name. */
export function pathOfAside(info: StoreInfo, directory: string, name: string): string | undefined {
  const at = name.lastIndexOf("/") + 1;
  const own = nameOfAside(name.slice(at));
  return own === undefined ? undefined : pathOf(info, directory, name.slice(0, at) + own);
}

/** A new name beside an object, which no list shows. */
export function temporaryPlace(place: Place): Place {
  const folder = place.name.slice(0, place.name.lastIndexOf("/") + 1);
  return { path: place.path, name: folder + temporaryName() };
}

/** Whether both are the same object to Dropbox, which knows no letter case. */
export function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function namesOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "");
}

function encode(name: string): string {
  return encodeName(name, name === name.normalize("NFC") ? REFUSED : REFUSED_DECOMPOSED);
}
