import { type ErrorKind, JcsError } from "../errors.ts";

/** What a failing call to the operating system means: kind and words. */
const MEANINGS: ReadonlyMap<string, readonly [ErrorKind, string]> = new Map([
  ["ENOENT", ["NotFound", "no such file or directory"]],
  ["ENOTDIR", ["NotFound", "a part of its path is not a directory"]],
  ["EACCES", ["PermissionDenied", "permission denied"]],
  ["EPERM", ["PermissionDenied", "operation not permitted"]],
  ["EROFS", ["PermissionDenied", "the file system is read-only"]],
  ["EEXIST", ["AlreadyExists", "it exists already"]],
  ["EISDIR", ["Usage", "it is a directory"]],
  ["ELOOP", ["Usage", "its symbolic links lead in a circle"]],
  ["ENAMETOOLONG", ["Usage", "the name is too long for this file system"]],
  ["ENOSPC", ["NoSpace", "no space left on the disk"]],
  ["EDQUOT", ["NoSpace", "the disk quota is used up"]],
  ["EFBIG", ["NoSpace", "the file is too large for this file system"]],
  ["EMFILE", ["Unexpected", "too many open files"]],
]);

/** The code of an error of the operating system, for example `ENOENT`; `undefined` for any other error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** A failed call about a local file, as a {@link JcsError}: `Cannot <action> "<file>": <why>`. An error that is one already stays. */
export function localError(
  error: unknown,
  place: { readonly action: string; readonly file: string },
): JcsError {
  if (error instanceof JcsError) return error;
  const code = systemCode(error);
  const [kind, why] = MEANINGS.get(code ?? "") ?? ["Unexpected" as const, textOf(error)];
  return new JcsError(kind, `Cannot ${place.action} ${JSON.stringify(place.file)}: ${why}`, {
    where: { operation: place.action, path: place.file },
    cause: error,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
