import { type ErrorKind, JcsError, type Retry } from "../../errors.ts";
import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import type { HttpAnswer } from "./http_client.ts";
import { RouteError } from "./route_error.ts";

/** One call of a service, as its errors name it. */
export interface HttpCall {
  readonly operation: string;
  readonly path?: string;
  readonly signal?: AbortSignal | undefined;
}

/** What an answer or a failure means to the caller. */
export interface Meaning {
  readonly kind: ErrorKind;
  readonly retry?: Retry;
  /** What stands behind the colon; the status unless given. Never a secret. */
  readonly state?: string;
}

/** Further apart clocks make services refuse: the narrowest of those that tell allow five minutes. */
const CLOCK_SKEW_MINUTES = 5;

const STATUSES: Readonly<Record<number, Meaning>> = {
  401: { kind: "PermissionDenied" },
  403: { kind: "PermissionDenied" },
  404: { kind: "NotFound", state: "no such object" },
  405: { kind: "Unsupported" },
  408: { kind: "TimedOut", retry: "later" },
  410: { kind: "NotFound", state: "no such object" },
  412: { kind: "ConditionFailed", state: "the object is not the one that was expected" },
  413: { kind: "Unsupported", state: "the object is larger than the service allows" },
  414: { kind: "Usage", state: "the path is longer than the service allows" },
  423: { kind: "Unreachable", retry: "later", state: "the object is locked" },
  429: { kind: "Throttled", retry: "later" },
  431: { kind: "Usage", state: "the path or the metadata is longer than the service allows" },
  501: { kind: "Unsupported" },
  503: { kind: "Throttled", retry: "later" },
  507: { kind: "NoSpace", state: "the service is full, or the quota is used up" },
};

/** The error that a refusing answer stands for. `code` is the service's own word for it, and `meaning` what that means where the status alone
 *  does not say it. Says nothing of the answer's body. */
export function answerError(
  info: StoreInfo,
  call: HttpCall,
  refusal: Pick<HttpAnswer, "status" | "headers"> & {
    readonly code?: string | undefined;
    readonly meaning?: Meaning | undefined;
    /** Status and code unless given. Never a secret. */
    readonly cause?: Error;
  },
): JcsError {
  const { status, headers, code } = refusal;
  const shown = code === undefined || code === "" ? `status ${status}` : `status ${status} (${code})`;
  const meaning = refusal.meaning ?? STATUSES[status] ?? byClass(status, headers);
  const { signal: _, ...place } = call;
  const wait = retryAfterMs(headers["retry-after"]);
  return storeError(info, {
    ...place,
    ...meaning,
    state:
      (meaning.state ?? shown) + (meaning.kind === "PermissionDenied" ? clockWords(headers["date"]) : ""),
    cause: refusal.cause ?? new Error(shown),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** What a wrong clock may have to do with a refusal: signatures and tokens have a time. */
function clockWords(date: string | undefined): string {
  const minutes = Math.round((Date.now() - Date.parse(date ?? "")) / 60_000);
  if (Number.isNaN(minutes) || Math.abs(minutes) < CLOCK_SKEW_MINUTES) return "";
  const way = minutes > 0 ? "ahead of" : "behind";
  return `; the clock of this machine is ${Math.abs(minutes)} minutes ${way} the service's`;
}

/** The error that a failed exchange stands for (no answer, or one that broke off); itself when it is one of ours. */
export function exchangeError(info: StoreInfo, call: HttpCall, failure: unknown): JcsError {
  if (failure instanceof JcsError) return failure;
  const { signal, ...place } = call;
  if (signal?.aborted === true) {
    return storeError(info, { ...place, kind: "Cancelled", state: "cancelled", cause: signal.reason });
  }
  if (failure instanceof RouteError) {
    const { kind, retry, message: state } = failure;
    return storeError(info, { ...place, kind, retry, state, cause: failure });
  }
  const code = codeOf(failure);
  const cause = new Error(code);
  const server = serverOf(failure);
  const tls = tlsState(code, server);
  if (tls !== undefined) return storeError(info, { ...place, kind: "Unreachable", state: tls, cause });
  const state = /^HPE_|InvalidHTTP|Malformed/.test(code)
    ? `the answer is no HTTP (${code})`
    : connectionState(code, server);
  return storeError(info, { ...place, kind: "Unreachable", retry: "later", state, cause });
}

/** What went wrong when a connection was to be encrypted, by the code of the failure; `undefined` for anything else. */
export function tlsState(code: string, server?: string): string | undefined {
  const at = server === undefined ? "the service" : JSON.stringify(server);
  if (/ALTNAME/.test(code)) return `the certificate of ${at} is for another host (${code})`;
  if (/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/.test(code)) {
    return `the certificate of ${at} is not valid at this time (${code}); is the clock right?`;
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return `the certificate of ${at} is not trusted (${code}); ca=FILE, or NODE_EXTRA_CA_CERTS, may name a file with its authority`;
  }
  if (/WRONG_VERSION|HTTP_REQUEST|PACKET_LENGTH|EPROTO/.test(code)) {
    return `${server === undefined ? "the server" : at} speaks no TLS there (${code}); its endpoint may be one of http`;
  }
  return /ERR_TLS|ERR_SSL/.test(code) ? `the encryption is refused (${code})` : undefined;
}

/** What went wrong with a connection, by the code of the failure. */
export function connectionState(code: string, server?: string): string {
  const at = server === undefined ? "" : ` with ${JSON.stringify(server)}`;
  if (code === "ENOTFOUND") return `no connection${at}: the name of the host is not known (${code})`;
  if (code === "EAI_AGAIN") return `no connection${at}: the name server does not answer (${code})`;
  return `no connection${at} (${code})`;
}

/** The server that a failed connection was to, where the failure names it. */
export function serverOf(failure: unknown): string | undefined {
  if (!(failure instanceof Error) || !("server" in failure)) return undefined;
  return typeof failure.server === "string" ? failure.server : undefined;
}

/** How long the service wants to be left alone, of its header `Retry-After`. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function byClass(status: number, headers: HttpAnswer["headers"]): Meaning {
  if (status >= 500) return { kind: "Unreachable", retry: "later" };
  if (status >= 300 && status < 400) {
    const host = headers["location"] === undefined ? null : URL.parse(headers["location"]);
    const target = host === null ? "elsewhere" : `to ${JSON.stringify(host.origin)}`;
    return { kind: "Config", state: `the service redirects ${target} (status ${status})` };
  }
  return { kind: "Unexpected" };
}

function codeOf(failure: unknown): string {
  if (!(failure instanceof Error)) return "unknown";
  return "code" in failure && typeof failure.code === "string" ? failure.code : failure.name;
}
