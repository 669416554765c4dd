import { JcsError } from "../../../errors.ts";
import {
  connectionState,
  exchangeError,
  type HttpCall,
  type Meaning,
  retryAfterMs,
  serverOf,
  tlsState,
} from "../../http/http_error.ts";
import { asRecord, oneLine } from "../../http/http_json.ts";
import { RouteError } from "../../http/route_error.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";

const CLOCK_SKEW_MS = 5 * 60_000;

/** What the services' own codes mean, where the status alone does not say it. */
const CODES: Readonly<Record<string, Meaning>> = {
  NoSuchKey: { kind: "NotFound", state: "no such object" },
  NoSuchUpload: { kind: "NotFound", state: "no such upload in parts" },
  NoSuchBucket: { kind: "Unreachable", state: "no such bucket" },
  InvalidBucketName: { kind: "Config", state: "the service does not accept the name of the bucket" },
  ExpiredToken: { kind: "PermissionDenied", state: "the session token has expired" },
  InvalidAccessKeyId: { kind: "PermissionDenied", state: "the service does not know the access key" },
  SignatureDoesNotMatch: { kind: "PermissionDenied", state: "the secret key does not fit the access key" },
  RequestTimeTooSkewed: { kind: "PermissionDenied" },
  RequestTimeout: { kind: "TimedOut", retry: "later" },
  SlowDown: { kind: "Throttled", retry: "later" },
  Throttling: { kind: "Throttled", retry: "later" },
  ThrottlingException: { kind: "Throttled", retry: "later" },
  TooManyRequests: { kind: "Throttled", retry: "later" },
  RequestLimitExceeded: { kind: "Throttled", retry: "later" },
  BadDigest: { kind: "Corrupt", retry: "later", state: "the bytes arrived damaged" },
  IncompleteBody: { kind: "Unreachable", retry: "later", state: "the bytes did not all arrive" },
  XAmzContentChecksumMismatch: { kind: "Corrupt", retry: "later", state: "the bytes arrived damaged" },
  XAmzContentSHA256Mismatch: { kind: "Corrupt", retry: "later", state: "the bytes arrived damaged" },
  QuotaExceeded: { kind: "NoSpace", state: "the quota is used up" },
  XMinioStorageFull: { kind: "NoSpace", state: "the service is full" },
  EntityTooLarge: { kind: "Unsupported", state: "the object is larger than the service allows" },
  KeyTooLongError: { kind: "Usage", state: "the path is longer than the service allows" },
  MetadataTooLarge: { kind: "Usage", state: "the metadata is larger than the service allows" },
  ConditionalRequestConflict: { kind: "ConditionFailed", retry: "later" },
  InvalidStorageClass: { kind: "Usage", state: "the service does not know the storage class" },
  InvalidObjectState: {
    kind: "Unsupported",
    state: "the object lies in an archive and must be restored first",
  },
};

/** The error that a failed request of the SDK stands for; itself when it is one of ours. Holds neither the SDK's error, which knows headers, nor a secret. */
export function s3Error(info: StoreInfo, call: HttpCall, failure: unknown): JcsError {
  if (failure instanceof JcsError) return failure;
  if (failure instanceof RouteError) return exchangeError(info, call, failure);
  if (call.signal?.aborted === true) {
    return storeError(info, { ...call, kind: "Cancelled", state: "cancelled", cause: call.signal.reason });
  }
  const facts = factsOf(failure);
  const { kind, retry = "never", state = statusText(facts) } = meaningOf(info, facts);
  return storeError(info, {
    ...call,
    kind,
    retry,
    state,
    cause: new Error(`${facts.code}: ${statusText(facts)}`),
    ...(facts.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs }),
  });
}

/** The HTTP status of a failed request of the SDK; 0 when there was no answer. */
export function statusOf(failure: unknown): number {
  return factsOf(failure).status;
}

/** The service's own code of a failed request, for example `NoSuchUpload`. */
export function codeOf(failure: unknown): string {
  return factsOf(failure).code;
}

interface Facts {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly server: string | undefined;
  /** The region of the bucket, where the service says so. */
  readonly region: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly clockSkewMs: number;
}

function factsOf(failure: unknown): Facts {
  const fields = asRecord(failure);
  const headers = asRecord(asRecord(fields["$response"])["headers"]);
  const date = Date.parse(String(headers["date"]));
  const status =
    asRecord(fields["$metadata"])["httpStatusCode"] ?? asRecord(fields["$response"])["statusCode"];
  return {
    status: typeof status === "number" ? status : 0,
    code: String(fields["code"] ?? fields["Code"] ?? fields["name"] ?? "Unknown"),
    message: String(fields["message"] ?? failure),
    server: serverOf(failure),
    region: textOf(fields["Region"]) ?? textOf(headers["x-amz-bucket-region"]),
    retryAfterMs: retryAfterMs(textOf(headers["retry-after"])),
    clockSkewMs: Number.isNaN(date) ? 0 : Math.abs(date - Date.now()),
  };
}

function meaningOf(info: StoreInfo, facts: Facts): Meaning {
  const { status, code, region } = facts;
  if (
    status === 301 ||
    status === 307 ||
    code === "AuthorizationHeaderMalformed" ||
    code === "IllegalLocationConstraintException"
  ) {
    const place = region === undefined ? "elsewhere" : `in region "${region}"`;
    const way = region === undefined ? "set its region and endpoint" : `set region=${region}`;
    return { kind: "Config", state: `bucket "${info.name}" is ${place}; ${way} in the connection string` };
  }
  if (code === "RequestTimeTooSkewed" || (status === 403 && facts.clockSkewMs > CLOCK_SKEW_MS)) {
    const minutes = Math.round(facts.clockSkewMs / 60_000);
    const state = `the clock of this machine is ${minutes} minutes away from the service's; set it right`;
    return { kind: "PermissionDenied", state };
  }
  const known = CODES[code];
  if (known !== undefined) return known;
  if (status === 0) return withoutAnswer(facts);
  if (status === 401 || status === 403) return { kind: "PermissionDenied" };
  if (status === 404) return { kind: "NotFound", state: "no such object" };
  if (status === 408) return { kind: "TimedOut", retry: "later" };
  if (status === 412)
    return { kind: "ConditionFailed", state: "the object is not the one that was expected" };
  if (status === 429 || status === 503) return { kind: "Throttled", retry: "later" };
  if (status === 501) return { kind: "Unsupported" };
  if (status === 507) return { kind: "NoSpace" };
  if (status >= 500) return { kind: "Unreachable", retry: "later" };
  // The word of the SDK for an answer without a message of its own.
  if (facts.message === "UnknownError") return { kind: "Unexpected" };
  return { kind: "Unexpected", state: `${statusText(facts)}: ${oneLine(facts.message)}` };
}

/** Failures before the first byte of an answer: names, connections, certificates, credentials. */
function withoutAnswer({ code, message, server }: Facts): Meaning {
  if (/CredentialsProviderError|ProviderError|TokenProviderError/.test(code)) {
    return { kind: "Config", state: `no credential was found: ${oneLine(message)}` };
  }
  const tls = tlsState(code, server);
  if (tls !== undefined) return { kind: "Unreachable", state: tls };
  if (/^E[A-Z]+$|TimeoutError|ConnectionRefused|ConnectionClosed|FailedToOpenSocket|socket/i.test(code)) {
    return { kind: "Unreachable", retry: "later", state: connectionState(code, server) };
  }
  return { kind: "Unexpected", state: `${code}: ${oneLine(message)}` };
}

function statusText({ status, code }: Facts): string {
  if (status === 0) return code;
  return code === "Unknown" || code === String(status) ? `status ${status}` : `status ${status} (${code})`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
