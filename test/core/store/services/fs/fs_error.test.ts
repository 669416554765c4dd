import { expect, test } from "vitest";
import { JcsError } from "../../../../../core/errors.ts";
import { fsError } from "../../../../../core/store/services/fs/fs_error.ts";

const info = { service: "fs", name: "", workDirectory: "/srv/a/" };
const errorOf = (code: string) => Object.assign(new Error(`${code}: something`), { code });

test.each([
  ["EACCES", "PermissionDenied", "never"],
  ["EPERM", "PermissionDenied", "never"],
  ["EROFS", "PermissionDenied", "never"],
  ["ENOSPC", "NoSpace", "never"],
  ["EDQUOT", "NoSpace", "never"],
  ["ENAMETOOLONG", "Usage", "never"],
  ["EIO", "Unreachable", "later"],
  ["ESTALE", "Unreachable", "later"],
  ["EMFILE", "Unreachable", "later"],
  ["EWHATEVER", "Unexpected", "never"],
])("%s is %s, %s worth another try", (code, kind, retry) => {
  const cause = errorOf(code);
  expect(fsError(info, { operation: "read", path: "b", cause })).toMatchObject({
    kind,
    retry,
    cause,
    where: { operation: "read", path: "b" },
  });
});

test("words and unknown errors", () => {
  const cause = errorOf("EACCES");
  expect(fsError(info, { operation: "write", path: "b", cause }).message).toBe(
    'Cannot write "b" to "fs:///srv/a": permission denied',
  );
  expect(fsError(info, { operation: "prepare", cause: errorOf("EODD") }).message).toBe(
    'Cannot prepare "fs:///srv/a": EODD',
  );
  const own = new JcsError("NotFound", "Cannot find it");
  expect(fsError(info, { operation: "read", cause: own })).toBe(own);
});
