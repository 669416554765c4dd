import type { ErrorKind, Retry } from "../../errors.ts";

/** A failure on the way to a server, of which the message says all: it holds no secret, and stands behind the colon of the error of an operation. */
export class RouteError extends Error {
  override readonly name = "RouteError";
  readonly kind: ErrorKind;
  readonly retry: Retry;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { readonly retry?: Retry; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retry = options.retry ?? "never";
  }
}
