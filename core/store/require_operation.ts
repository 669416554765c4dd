import type { Store } from "./store.ts";
import { storeError } from "./store_error.ts";

/** The operations that a store may lack. */
export type OptionalOperation =
  | "copy"
  | "move"
  | "append"
  | "writeAt"
  | "link"
  | "fetch"
  | "multipart"
  | "makeDirectory"
  | "sign"
  | "signMultipart"
  | "prepare";

/** What each operation is called in a message. */
const WORDS: Readonly<Record<OptionalOperation, string>> = {
  copy: "copy inside the service",
  move: "move inside the service",
  append: "append to objects",
  writeAt: "write into the middle of objects",
  link: "make links",
  fetch: "fetch a URL by itself",
  multipart: "upload in parts",
  makeDirectory: "make directories",
  sign: "sign requests",
  signMultipart: "sign uploads in parts",
  prepare: "be marked",
};

/** The operation of `store` by that name, bound to it. Throws `Unsupported` where the store does not have it: for callers that choose
 *  operations by name. */
export function requireOperation<Name extends OptionalOperation>(
  store: Store,
  name: Name,
  path?: string,
): NonNullable<Store[Name]> {
  const operation = store[name];
  if (operation !== undefined) return operation.bind(store) as NonNullable<Store[Name]>;
  const state = `the service cannot ${WORDS[name]}`;
  throw storeError(store.info, {
    kind: "Unsupported",
    operation: name === "signMultipart" ? "sign" : name,
    state,
    ...(path === undefined ? {} : { path }),
  });
}
