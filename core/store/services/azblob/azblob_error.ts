import type { JcsError } from "../../../errors.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import { answerError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import type { StoreInfo } from "../../store.ts";

/** What the service's own codes mean, where the status alone does not say it. */
const CODES: Readonly<Record<string, Meaning>> = {
  BlobNotFound: { kind: "NotFound", state: "no such object" },
  CannotVerifyCopySource: { kind: "NotFound", state: "no such object" },
  ContainerNotFound: { kind: "Unreachable", state: "no such container" },
  ContainerBeingDeleted: { kind: "Unreachable", state: "the container is being deleted" },
  ContainerDisabled: { kind: "Unreachable", state: "the container is disabled" },
  AccountIsDisabled: { kind: "PermissionDenied", state: "the account is disabled" },
  BlobAlreadyExists: { kind: "AlreadyExists", state: "there is an object already" },
  AuthenticationFailed: {
    kind: "PermissionDenied",
    state: "the credential is wrong or has expired, or this machine's clock is wrong",
  },
  InvalidAuthenticationInfo: {
    kind: "PermissionDenied",
    state: "the service does not accept the credential",
  },
  BlobArchived: { kind: "Unsupported", state: "the object lies in an archive and must be restored first" },
  BlobBeingRehydrated: { kind: "Unsupported", state: "the object is being restored from an archive" },
  InvalidBlobType: {
    kind: "ConditionFailed",
    state: "the object is a blob of another type (append or page); remove it first",
  },
  InvalidBlockList: { kind: "ConditionFailed", state: "the parts are not what was uploaded" },
  InvalidBlobOrBlock: { kind: "ConditionFailed", state: "the parts are not what was uploaded" },
  InvalidResourceName: { kind: "Usage", state: "the service does not accept the path" },
  InvalidUri: { kind: "Usage", state: "the service does not accept the path" },
  InvalidHeaderValue: { kind: "Usage" },
  InvalidMetadata: { kind: "Usage", state: "the service does not accept the metadata" },
  MetadataTooLarge: { kind: "Usage", state: "the metadata is larger than the service allows" },
  RequestHeaderTooLarge: { kind: "Usage", state: "the metadata is larger than the service allows" },
  Md5Mismatch: { kind: "Corrupt", retry: "later", state: "the bytes arrived damaged" },
  OperationTimedOut: { kind: "TimedOut", retry: "later" },
  InternalError: { kind: "Unreachable", retry: "later" },
  ServerBusy: { kind: "Throttled", retry: "later" },
  LeaseIdMissing: { kind: "ConditionFailed", state: "the object is leased to somebody else" },
  SnapshotsPresent: { kind: "ConditionFailed", state: "the object has snapshots" },
  BlockCountExceedsLimit: {
    kind: "Unsupported",
    state: "the object has as many blocks as the service allows",
  },
  MaxBlobSizeConditionNotMet: { kind: "ConditionFailed" },
};

/** The error that a refusing answer of Azure stands for. Lets go of the answer. */
export function azblobError(info: StoreInfo, call: HttpCall, answer: HttpAnswer): JcsError {
  discard(answer);
  const code = codeOf(answer);
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  return answerError(info, call, { ...answer, code, meaning: known });
}

/** The service's own code of a refusal, for example `BlobNotFound`; empty when it gave none. */
export function codeOf(answer: HttpAnswer): string {
  const code = answer.headers["x-ms-error-code"] ?? "";
  return /^\w{1,64}$/.test(code) ? code : "";
}
