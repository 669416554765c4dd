import type { Capabilities } from "../../core/store/store.ts";

/** A capability that a service has or has not. */
export type Ability = {
  [Key in Exclude<
    keyof Capabilities,
    "readOnly" | "overwriteAtomic"
  >]-?: Required<Capabilities>[Key] extends boolean ? Key : never;
}[Exclude<keyof Capabilities, "readOnly" | "overwriteAtomic">];

/** The cases of the suite that exercise each capability where it is declared, as `section: case`, or their beginning. */
export const CAPABILITY_CASES: Readonly<
  Record<Ability, { readonly title: string; readonly cases: readonly string[] }>
> = {
  readRange: { title: "read ranges", cases: ["read: gives any range"] },
  writeUnknownSize: { title: "write of unknown size", cases: ["write: stores a stream of unknown length"] },
  writeIfAbsent: { title: "write if absent", cases: ["write ifAbsent: "] },
  userMetadata: { title: "user metadata", cases: ["write: keeps metadata, or refuses it"] },
  contentType: { title: "content type", cases: ["write: keeps the content type, or ignores it"] },
  contentDisposition: { title: "content disposition", cases: ["content disposition: "] },
  caseSensitive: { title: "letter case", cases: ["paths: letter case tells names apart"] },
  directories: { title: "directories", cases: ["directories: real ones are no objects"] },
  makeDirectory: { title: "empty directories", cases: ["directories: real ones are made, shown"] },
  listSorted: { title: "lists in order", cases: ["list: "] },
  copy: { title: "copy", cases: ["copy: "] },
  move: { title: "move", cases: ["move: "] },
  append: { title: "append", cases: ["append: "] },
  writeAt: { title: "write at", cases: ["writeAt: "] },
  storageClass: { title: "storage class", cases: ["storage class: "] },
  multipart: { title: "multipart", cases: ["multipart: "] },
  link: { title: "links", cases: ["link: "] },
  sign: { title: "signed requests", cases: [": signed requests read, write and remove without credentials"] },
  signMultipart: {
    title: "signed uploads in parts",
    cases: [": signed uploads in parts begin, list, complete and abort without credentials"],
  },
  fetch: { title: "fetch of a URL", cases: ["fetch: "] },
};
