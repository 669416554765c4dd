import { unlessAborted } from "../../bytes/unless_aborted.ts";
import type { HttpCall } from "../http/http_error.ts";
import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";

/** A token is replaced so long before it expires. */
export const TOKEN_MARGIN_MS = 60_000;

/** A value of the header `Authorization`, and until when it is sent. */
export interface GoodHeader {
  readonly header: string;
  /** In milliseconds since 1970; `Infinity` for as long as nobody refuses it. */
  readonly goodUntilMs: number;
}

/** Gives requests a header, fetched once for all that wait, and kept until shortly before it expires. */
export interface TokenCache {
  /** The header. Fails as fetching it does; `Cancelled` as soon as the call is, while the others go on waiting. */
  authorization(call: HttpCall): Promise<string>;
  /** Says that the service refused this header: the next call fetches another, unless that was done meanwhile. */
  forget(header: string | undefined): void;
}

/** Makes a cache that starts with `first`. `fetch` learns which header was refused, if it is called for that reason. A failure is given to all that wait
 *  and kept for nobody: the next call fetches again. */
export function tokenCache(
  info: StoreInfo,
  source: {
    readonly first?: GoodHeader | undefined;
    readonly fetch: (
      call: { readonly operation: string },
      refused: string | undefined,
    ) => Promise<GoodHeader>;
  },
): TokenCache {
  let current = source.first;
  let refused: string | undefined;
  let fetching: Promise<string> | undefined;
  const fetchHeader = async (operation: string): Promise<string> => {
    current = await source.fetch({ operation }, refused);
    refused = undefined;
    return current.header;
  };
  return {
    async authorization({ operation, path, signal }) {
      if (current !== undefined && Date.now() < current.goodUntilMs) return current.header;
      // Those who wait share it: nobody's own signal may end it.
      fetching ??= fetchHeader(operation).finally(() => {
        fetching = undefined;
      });
      const work = fetching;
      const place = path === undefined ? { operation } : { operation, path };
      return await unlessAborted(() => work, {
        signal,
        error: () =>
          storeError(info, { ...place, kind: "Cancelled", state: "cancelled", cause: signal?.reason }),
      });
    },
    forget(header) {
      if (current === undefined || current.header !== header) return;
      refused = header;
      current = undefined;
    },
  };
}

/** Until when a token is sent that was given now and lives so long. */
export function goodUntilMs(lifetimeMs: number): number {
  return Date.now() + lifetimeMs - Math.min(TOKEN_MARGIN_MS, lifetimeMs / 2);
}
