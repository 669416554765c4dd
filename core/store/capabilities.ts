import type { Capabilities } from "./store.ts";

/** A service that can do nothing but keep whole objects of any size. A service spreads this and names what it has, and how long its paths and names may be;
 *  it says `false` only where the reason is worth telling. */
export const NO_CAPABILITIES: Omit<Capabilities, "pathBytesMax" | "nameBytesMax"> = {
  readRange: false,
  writeUnknownSize: false,
  writeIfAbsent: false,
  userMetadata: false,
  contentType: false,
  caseSensitive: false,
  directories: false,
  listSorted: false,
  copy: false,
  move: false,
  append: false,
  writeAt: false,
  storageClass: false,
  multipart: false,
  link: false,
  sign: false,
  fetch: false,
  objectBytesMax: Number.POSITIVE_INFINITY,
};
