import type { JcsError } from "../../../errors.ts";
import { exchangeError, type HttpCall, type Meaning, retryAfterMs } from "../../http/http_error.ts";
import { oneLine } from "../../http/http_json.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { S3Refusal } from "./s3_refusal.ts";

/** What the search for credentials of Amazon's library throws. */
const NO_CREDENTIAL = /CredentialsProviderError|ProviderError|TokenProviderError/;
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

/** The error that a failed request stands for; itself when it is one of ours. Holds neither headers nor a secret. */
export function s3Error(info: StoreInfo, call: HttpCall, failure: unknown): JcsError {
  const { signal, ...place } = call;
  if (failure instanceof S3Refusal && signal?.aborted !== true) {
    const { kind, retry = "never", state = statusText(failure) } = meaningOf(info, failure);
    const wait = retryAfterMs(failure.headers["retry-after"]);
    return storeError(info, {
      ...place,
      kind,
      retry,
      state,
      cause: new Error(`${failure.code || "Unknown"}: ${statusText(failure)}`),
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }
  if (failure instanceof Error && NO_CREDENTIAL.test(failure.name) && signal?.aborted !== true) {
    const state = `no credential was found: ${oneLine(failure.message)}`;
    return storeError(info, { ...place, kind: "Config", state, cause: new Error(failure.name) });
  }
  return exchangeError(info, call, failure);
}

function meaningOf(info: StoreInfo, refusal: S3Refusal): Meaning {
  const { status, code, region, words } = refusal;
  const date = Date.parse(refusal.headers["date"] ?? "");
  const clockSkewMs = Number.isNaN(date) ? 0 : Math.abs(date - Date.now());
  if (refusal.isElsewhere) {
    const place = region === undefined ? "elsewhere" : `in region "${region}"`;
    const way = region === undefined ? "set its region and endpoint" : `set region=${region}`;
    return { kind: "Config", state: `bucket "${info.name}" is ${place}; ${way} in the connection string` };
  }
  if (code === "RequestTimeTooSkewed" || (status === 403 && clockSkewMs > CLOCK_SKEW_MS)) {
    const minutes = Math.round(clockSkewMs / 60_000);
    const state = `the clock of this machine is ${minutes} minutes away from the service's; set it right`;
    return { kind: "PermissionDenied", state };
  }
  const known = CODES[code];
  if (known !== undefined) return known;
  if (status === 401 || status === 403) return { kind: "PermissionDenied" };
  if (status === 404) return { kind: "NotFound", state: "no such object" };
  if (status === 408) return { kind: "TimedOut", retry: "later" };
  if (status === 412)
    return { kind: "ConditionFailed", state: "the object is not the one that was expected" };
  if (status === 429 || status === 503) return { kind: "Throttled", retry: "later" };
  if (status === 501) return { kind: "Unsupported" };
  if (status === 507) return { kind: "NoSpace" };
  if (status >= 500) return { kind: "Unreachable", retry: "later" };
  if (words === "") return { kind: "Unexpected" };
  return { kind: "Unexpected", state: `${statusText(refusal)}: ${oneLine(words)}` };
}

function statusText({ status, code }: S3Refusal): string {
  return code === "" ? `status ${status}` : `status ${status} (${code})`;
}
