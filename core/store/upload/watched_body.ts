import type { Body } from "../take_body.ts";

/** A body on its way to a service. */
export interface WatchedBody extends Body {
  /** Bytes that were taken so far. */
  readonly bytes: number;
  /** The error to throw when the request failed with `error`: the body's own failure where there was one, which says more than that the request broke off. */
  explain(error: unknown): unknown;
}

/** Counts what is taken of a body and remembers how it failed. */
export function watchedBody(body: Body): WatchedBody {
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;
  return {
    async next() {
      try {
        const chunk = await body.next();
        bytes += chunk?.length ?? 0;
        return chunk;
      } catch (error) {
        failure = { error };
        throw error;
      }
    },
    end: body.end,
    get bytes() {
      return bytes;
    },
    explain: (error) => (failure === undefined ? error : failure.error),
  };
}
