/** What went wrong, as far as a caller or a script has to tell cases apart. */
export type ErrorKind =
  | "Unexpected"
  | "Usage"
  | "Config"
  | "Unsupported"
  | "Degraded"
  | "NotFound"
  | "AlreadyExists"
  | "ConditionFailed"
  | "PermissionDenied"
  | "TooFewBlocks"
  | "Corrupt"
  | "Unreachable"
  | "TimedOut"
  | "Throttled"
  | "NoSpace"
  | "SomeFailed"
  | "Cancelled";

/** The exit status of a command that ends with an error of this kind: the one table there is. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  Unexpected: 1,
  Usage: 2,
  Config: 2,
  Unsupported: 2,
  Degraded: 3,
  NotFound: 4,
  AlreadyExists: 5,
  ConditionFailed: 5,
  PermissionDenied: 6,
  TooFewBlocks: 7,
  Corrupt: 7,
  Unreachable: 8,
  TimedOut: 8,
  Throttled: 8,
  NoSpace: 8,
  SomeFailed: 9,
  Cancelled: 130,
};

/** Whether the same call may succeed when made again: decided where the error is born.
 *  `never`: it will fail the same way. `later`: worth another try. `exhausted`: it was worth it, and was tried enough. */
export type Retry = "never" | "later" | "exhausted";

/** Where it went wrong; only what is known. Never holds a secret. */
export interface ErrorPlace {
  readonly operation?: string;
  readonly object?: string;
  readonly space?: string;
  /** Of the space: its connection string without options. */
  readonly connection?: string;
  readonly path?: string;
  readonly block?: number;
  readonly generation?: string;
  readonly op?: string;
  readonly node?: string;
  readonly field?: string;
}

/** Options of {@link JcsError}. */
export interface JcsErrorOptions {
  /** `never` unless said otherwise. */
  readonly retry?: Retry;
  readonly where?: ErrorPlace;
  readonly cause?: unknown;
  /** The shortest wait before another try, where the service said so. */
  readonly retryAfterMs?: number;
}

/** The one error class of jcs.
 *
 *  The message starts with a verb, quotes values, and ends with the state after a colon, without a full stop:
 *  `Cannot read "a/b" from space "oss-bj": status 403`. What the user can do about it may follow in a second sentence. */
export class JcsError extends Error {
  readonly kind: ErrorKind;
  readonly retry: Retry;
  readonly where: ErrorPlace;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, message: string, options: JcsErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "JcsError";
    this.kind = kind;
    this.retry = options.retry ?? "never";
    this.where = options.where ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The error as a {@link JcsError}: itself, or `Unexpected` around anything else. */
export function toJcsError(error: unknown): JcsError {
  if (error instanceof JcsError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new JcsError("Unexpected", message, { cause: error });
}

/** Whether `error` is a {@link JcsError} of one of `kinds`. */
export function isKind(error: unknown, ...kinds: readonly ErrorKind[]): error is JcsError {
  return error instanceof JcsError && kinds.includes(error.kind);
}

/** The same error with more said about where it happened; what was known already stays. */
export function withPlace(error: unknown, where: ErrorPlace): JcsError {
  const inner = toJcsError(error);
  return new JcsError(inner.kind, inner.message, {
    retry: inner.retry,
    where: { ...where, ...inner.where },
    cause: inner.cause ?? inner,
    ...(inner.retryAfterMs === undefined ? {} : { retryAfterMs: inner.retryAfterMs }),
  });
}
