import type { ErrorKind, JcsError } from "../../../errors.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import { answerError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import { asRecord, parseJson } from "../../http/http_json.ts";
import { answerText } from "../../http/http_read.ts";
import type { StoreInfo } from "../../store.ts";

const ERROR_BYTES_MAX = 256 * 1024;
/** How deep the service's reasons for a refusal are looked into. */
const REASONS_MAX = 8;

/** What the service's reasons mean, where the status alone does not say it.
 *  Source: OneDrive documentation, "Common error responses and codes"; Microsoft Graph, "Microsoft Graph error responses and resource types". */
const REASONS: Readonly<Record<string, Meaning>> = {
  nameAlreadyExists: { kind: "AlreadyExists", state: "there is something already" },
  activityLimitReached: { kind: "Throttled", retry: "later" },
  throttledRequest: { kind: "Throttled", retry: "later" },
  serviceReadOnly: { kind: "Unreachable", retry: "later", state: "the service is read-only for the moment" },
  quotaLimitReached: { kind: "NoSpace", state: "the quota is used up" },
  insufficientStorage: { kind: "NoSpace", state: "the quota is used up" },
  malwareDetected: { kind: "PermissionDenied", state: "the service takes the object for malware" },
  virusSuspicious: { kind: "PermissionDenied", state: "the service takes the object for malware" },
  maxFileSizeExceeded: { kind: "Unsupported", state: "the object is larger than the service allows" },
  maxStreamSizeExceeded: { kind: "Unsupported", state: "the object is larger than the service allows" },
  invalidPath: { kind: "Usage", state: "the service does not accept a name in the path" },
  pathIsTooLong: { kind: "Usage", state: "the path is longer than the service allows" },
  pathTooDeep: { kind: "Usage", state: "the path is deeper than the service allows" },
};

/** What statuses mean here that the table for all services has not. */
const STATUSES: Readonly<Record<number, Meaning>> = {
  409: { kind: "ConditionFailed" },
  509: { kind: "Throttled", retry: "later" },
};

/** The error that a refusing answer of Microsoft Graph stands for. Reads the answer to its end. */
export async function onedriveError(info: StoreInfo, call: HttpCall, answer: HttpAnswer): Promise<JcsError> {
  const text = await answerText(info, call, { answer, bytesMax: ERROR_BYTES_MAX }).catch(() => "");
  const codes: string[] = [];
  let reason = asRecord(parseJson(text)?.["error"]);
  // The more detailed reasons are inside.
  for (let depth = 0; depth < REASONS_MAX && typeof reason["code"] === "string"; depth++) {
    codes.push(reason["code"]);
    reason = asRecord(reason["innerError"] ?? reason["innererror"]);
  }
  const known = codes.findLast((code) => Object.hasOwn(REASONS, code));
  const [first = ""] = codes;
  return answerError(info, call, {
    ...answer,
    code: /^\w{1,60}$/.test(first) ? first : undefined,
    meaning: known === undefined ? STATUSES[answer.status] : REASONS[known],
  });
}

/** The kinds of errors with which the service may say that something else stands where a request wants to go. */
export const IN_THE_WAY: readonly ErrorKind[] = [
  "NotFound",
  "AlreadyExists",
  "ConditionFailed",
  "Unsupported",
  "Unexpected",
];
