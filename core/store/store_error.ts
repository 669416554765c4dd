import { type ErrorKind, JcsError, type Retry } from "../errors.ts";
import type { StoreInfo } from "./store.ts";

/** What went wrong with one operation of a store. */
export interface StoreFault {
  readonly kind: ErrorKind;
  /** The verb: `read`, `write`, `stat`, `remove`, `list`, `copy`, `move`, … */
  readonly operation: string;
  readonly path?: string;
  /** What stands behind the colon. Never a secret. */
  readonly state: string;
  /** `never` unless given. */
  readonly retry?: Retry;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
  /** Means nothing here: a call can be spread into its fault as it is. */
  readonly signal?: AbortSignal | undefined;
}

const PREPOSITIONS: Readonly<Record<string, string>> = { read: "from", write: "to", remove: "from" };

/** The error of one operation of a store, in the words that all services share: `Cannot read "a/b" from space "x": no such object`. Where the
 *  store is of no space, it is called by its connection string: `from "s3://bucket/x"`. */
export function storeError(info: StoreInfo, fault: StoreFault): JcsError {
  const { kind, operation, path, state, signal: _, ...options } = fault;
  const { space } = info;
  const connection = `${info.service}://${info.name}${info.workDirectory.slice(0, -1)}`;
  const object = path === undefined || path === "" ? "" : ` ${JSON.stringify(path)}`;
  const place = object === "" ? "" : ` ${PREPOSITIONS[operation] ?? "in"}`;
  const store = space === undefined ? JSON.stringify(connection) : `space ${JSON.stringify(space)}`;
  return new JcsError(kind, `Cannot ${operation}${object}${place} ${store}: ${state}`, {
    ...options,
    where: {
      operation,
      ...(path === undefined ? {} : { path }),
      ...(space === undefined ? {} : { space, connection }),
    },
  });
}

/** Ends an operation whose caller has cancelled it. */
export function throwIfCancelled(
  info: StoreInfo,
  call: { readonly operation: string; readonly path?: string; readonly signal: AbortSignal | undefined },
): void {
  if (call.signal?.aborted !== true) return;
  throw storeError(info, { ...call, kind: "Cancelled", state: "cancelled", cause: call.signal.reason });
}
