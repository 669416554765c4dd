import { JcsError } from "../../../errors.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import { answerError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import { asRecord, type JsonRecord, parseJson } from "../../http/http_json.ts";
import type { StoreInfo } from "../../store.ts";

const TAGS_MAX = 5;

/** What Dropbox says of a request that it refuses: the cause of its error. */
export class DropboxRefusal extends Error {
  /** The tags from the outer to the inner one, for example `path/conflict/file`. */
  readonly tags: string;
  /** How many bytes of an upload have arrived, where it says so. */
  readonly correctOffset: number | undefined;

  constructor(tags: string, correctOffset: number | undefined) {
    super(tags);
    this.name = "DropboxRefusal";
    this.tags = tags;
    this.correctOffset = correctOffset;
  }
}

/** The refusal that an error stands for, if its tags match. */
export function refusalOf(error: unknown, tags: RegExp): DropboxRefusal | undefined {
  const cause = error instanceof JcsError ? error.cause : undefined;
  return cause instanceof DropboxRefusal && tags.test(cause.tags) ? cause : undefined;
}

/** The failure of a request that makes an object where none may be: whose object it is that is there cannot be told after a lost answer, so it is made
 *  again only when Dropbox refused to begin. */
export function onceOnly(error: unknown): unknown {
  if (!(error instanceof JcsError) || error.kind === "Throttled" || error.retry !== "later") return error;
  const { kind, message, where } = error;
  return new JcsError(kind, message, { retry: "exhausted", where, cause: error });
}

/** The error that a refusing answer with this text stands for. */
export function refusalError(
  info: StoreInfo,
  call: HttpCall,
  { answer, text }: { readonly answer: HttpAnswer; readonly text: string },
): JcsError {
  const error = asRecord(parseJson(text)?.["error"]);
  const { tags, inner } = walk(error);
  const seconds = Number(error["retry_after"]);
  const headers =
    answer.headers["retry-after"] === undefined && seconds > 0
      ? { ...answer.headers, "retry-after": String(Math.ceil(seconds)) }
      : answer.headers;
  const offset = inner["correct_offset"];
  return answerError(info, call, {
    status: answer.status,
    headers,
    code: tags,
    meaning: meaningOf(answer.status, tags, inner, text),
    cause: new DropboxRefusal(tags, typeof offset === "number" ? offset : undefined),
  });
}

/** What the inner tags mean, where the status alone does not say it. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  not_found: { kind: "NotFound", state: "no such object" },
  not_file: { kind: "NotFound", state: "it is a directory" },
  not_folder: { kind: "NotFound", state: "it is no directory" },
  file: { kind: "AlreadyExists", state: "there is an object already" },
  folder: { kind: "ConditionFailed", state: "there is a directory at the path" },
  file_ancestor: { kind: "ConditionFailed", state: "a directory of the path is an object" },
  malformed_path: { kind: "Usage", state: "Dropbox takes no such path" },
  disallowed_name: { kind: "Usage", state: "Dropbox takes no file of this name" },
  no_write_permission: { kind: "PermissionDenied" },
  access_restricted: { kind: "PermissionDenied" },
  team_folder: { kind: "PermissionDenied" },
  operation_suppressed: { kind: "PermissionDenied" },
  restricted_content: { kind: "PermissionDenied" },
  email_not_verified: { kind: "PermissionDenied" },
  not_allowed: { kind: "PermissionDenied" },
  no_permission: {
    kind: "PermissionDenied",
    state: "path_root names a namespace that is not open to the user",
  },
  invalid_root: { kind: "Unreachable", state: "path_root names no namespace of the user" },
  insufficient_space: { kind: "NoSpace", state: "the Dropbox is full" },
  insufficient_quota: { kind: "NoSpace", state: "the Dropbox is full" },
  too_many_write_operations: { kind: "Throttled", retry: "later" },
  too_many_requests: { kind: "Throttled", retry: "later" },
  locked: { kind: "Unreachable", retry: "later", state: "the object is locked" },
  reset: { kind: "Unreachable", retry: "later", state: "the list has to begin anew" },
  internal_error: { kind: "Unreachable", retry: "later" },
  unsupported_file: { kind: "Unsupported", state: "a document of this kind can only be exported" },
  unsupported_content_type: { kind: "Unsupported" },
  payload_too_large: { kind: "Unsupported", state: "the request is larger than the service allows" },
  too_large: { kind: "Unsupported", state: "the object is larger than the service allows" },
  content_hash_mismatch: {
    kind: "Corrupt",
    retry: "later",
    state: "other bytes have arrived than were sent",
  },
  download_failed: { kind: "Unreachable", state: "Dropbox cannot fetch what the URL names" },
  invalid_url: { kind: "Usage", state: "Dropbox takes no such URL" },
  user_suspended: { kind: "PermissionDenied", state: "the user is suspended" },
};

/** What an error of Dropbox means that comes inside of an answer of status 200, as that of a job. */
export function refusalMeaning(error: JsonRecord): Meaning {
  const { tags, inner } = walk(error);
  return meaningOf(409, tags, inner, "") ?? { kind: "Unexpected", state: `the job has failed (${tags})` };
}

function meaningOf(status: number, tags: string, inner: JsonRecord, text: string): Meaning | undefined {
  if (tags === "missing_scope") {
    const scope = inner["required_scope"];
    const named = typeof scope === "string" && /^[a-z_.]{1,60}$/.test(scope) ? ` "${scope}"` : "";
    const state = `the token has not the permission${named}; give it to the app and log in again`;
    return { kind: "PermissionDenied", state };
  }
  // Texts of status 400 are for people; some of them are about what the user gave.
  if (status === 400 && /access token is malformed|Invalid authorization value/.test(text)) {
    return { kind: "PermissionDenied", state: "the access token is none of Dropbox" };
  }
  if (status === 400 && /(path|Path): /.test(text)) {
    return { kind: "Usage", state: "Dropbox takes no such path" };
  }
  if (status !== 409 && status !== 422 && status !== 429) return undefined;
  return MEANINGS[tags.split("/").at(-1) ?? ""] ?? (status === 429 ? undefined : { kind: "Unexpected" });
}

/** The tags of a union of unions, from the outer to the inner one, and the innermost. A member that is a struct lies flat beside its tag, with the inner union in `reason`. */
export function walk(error: JsonRecord): { readonly tags: string; readonly inner: JsonRecord } {
  const tags: string[] = [];
  let inner = error;
  for (let next: unknown = error; tags.length < TAGS_MAX; ) {
    const union = asRecord(next);
    const tag = union[".tag"];
    if (typeof tag !== "string" || !/^[a-z_]{1,60}$/.test(tag)) {
      // Limits of the rate are structs with a reason.
      if (tags.length > 0 || union["reason"] === undefined) break;
      next = union["reason"];
      continue;
    }
    tags.push(tag);
    inner = union;
    next = union[tag] ?? union["reason"];
  }
  return { tags: tags.join("/"), inner };
}
