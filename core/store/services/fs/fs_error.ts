import type { ErrorKind, Retry } from "../../../errors.ts";
import { JcsError } from "../../../errors.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";

interface Meaning {
  readonly kind: ErrorKind;
  readonly state: string;
  readonly retry?: Retry;
}

/** What an error of the operating system means to a caller. `ENOENT` is not here: whether an object or the whole root is missing
 *  takes a look (see FsRoot). */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: { kind: "PermissionDenied", state: "permission denied" },
  EPERM: { kind: "PermissionDenied", state: "the operation is not permitted" },
  EROFS: { kind: "PermissionDenied", state: "the file system is read-only" },
  ENOSPC: { kind: "NoSpace", state: "no space left on the device" },
  EDQUOT: { kind: "NoSpace", state: "the quota is used up" },
  EFBIG: { kind: "Usage", state: "the object is larger than the file system allows" },
  ENAMETOOLONG: { kind: "Usage", state: "the path or a name in it is too long for the file system" },
  EINVAL: { kind: "Usage", state: "the file system does not accept the name" },
  EILSEQ: { kind: "Usage", state: "the file system does not accept the name" },
  EEXIST: { kind: "AlreadyExists", state: "there is an object already" },
  EISDIR: { kind: "ConditionFailed", state: "there is a directory at the path" },
  ENOTEMPTY: { kind: "ConditionFailed", state: "the directory is not empty" },
  ENOTDIR: { kind: "ConditionFailed", state: "an object is in the way where a directory is needed" },
  ELOOP: { kind: "PermissionDenied", state: "the path goes through a symbolic link that is not followed" },
  EBUSY: { kind: "Unreachable", state: "the file is busy", retry: "later" },
  EMFILE: { kind: "Unreachable", state: "too many open files", retry: "later" },
  ENFILE: { kind: "Unreachable", state: "too many open files", retry: "later" },
  EIO: { kind: "Unreachable", state: "the device reports an error", retry: "later" },
  ESTALE: { kind: "Unreachable", state: "the file system has gone", retry: "later" },
  ENODEV: { kind: "Unreachable", state: "the device has gone", retry: "later" },
  ENXIO: { kind: "Unreachable", state: "the device has gone", retry: "later" },
  ENOTCONN: { kind: "Unreachable", state: "the file system is not connected", retry: "later" },
  EHOSTDOWN: { kind: "Unreachable", state: "the server of the file system is down", retry: "later" },
  ETIMEDOUT: { kind: "TimedOut", state: "the file system does not answer", retry: "later" },
};

/** The operating system's code of an error, for example `ENOENT`; empty for other errors. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The error of the operating system as one of ours; a {@link JcsError} stays as it is. */
export function fsError(
  info: StoreInfo,
  call: { readonly operation: string; readonly path?: string; readonly cause: unknown },
): JcsError {
  if (call.cause instanceof JcsError) return call.cause;
  const code = codeOf(call.cause);
  const meaning = MEANINGS[code];
  if (meaning !== undefined) return storeError(info, { ...call, ...meaning });
  const state = code !== "" ? code : call.cause instanceof Error ? call.cause.message : String(call.cause);
  return storeError(info, { ...call, kind: "Unexpected", state });
}
