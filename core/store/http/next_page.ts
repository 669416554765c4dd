import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import type { HttpCall } from "./http_error.ts";

/** Where the next page of a list begins, if there is one: a token or an address. `Unexpected` when it is where this one began (`before`): the list
 *  would never end. */
export function nextPage(
  info: StoreInfo,
  call: HttpCall,
  page: { readonly before: string | undefined; readonly next: unknown },
): string | undefined {
  const { before, next } = page;
  if (typeof next !== "string" || next === "") return undefined;
  if (next !== before) return next;
  const { operation, path } = call;
  const state = "the list does not go on: its next page is the same again";
  throw storeError(info, { operation, ...(path === undefined ? {} : { path }), kind: "Unexpected", state });
}
