import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { fromSqliteError, isSqliteBusy } from "../../../core/catalog/sqlite_errors.ts";
import { JcsError } from "../../../core/errors.ts";

function caught(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("the call was expected to fail");
}

/** Two results of SQLite have codes in the low byte, and more about them above it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("state of the database"), { errcode });
}

test("every result of SQLite that a user can meet has a kind, and the message names the file", () => {
  const kinds = { 5: "Unreachable", 6: "Unreachable", 8: "PermissionDenied", 10: "Unreachable" };
  const more = { 11: "Corrupt", 13: "NoSpace", 14: "Unreachable", 26: "Corrupt", 1: "Unexpected" };
  for (const [code, kind] of Object.entries({ ...kinds, ...more })) {
    for (const extended of [0, 2 << 8]) {
      const error = fromSqliteError(sqliteError(Number(code) | extended), "a.db");
      expect(error.kind, code).toBe(kind);
      expect(error.message).toContain('Cannot use catalogue "a.db": ');
      expect(error.retry).toBe(kind === "Unreachable" ? "later" : "never");
    }
  }
});

test("errors of the file system have a kind too", async () => {
  const missing = await readFile("/nowhere/at/all").catch((error: unknown) => error);
  expect(fromSqliteError(missing, "a.db").kind).toBe("Config");
  const kinds = {
    EACCES: "PermissionDenied",
    EROFS: "PermissionDenied",
    ENOSPC: "NoSpace",
    EISDIR: "Config",
  };
  for (const [code, kind] of Object.entries(kinds)) {
    expect(fromSqliteError(Object.assign(new Error("x"), { code }), "a.db").kind).toBe(kind);
  }
});

test("errors as the running driver throws them are understood", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table t (a text primary key) strict; pragma query_only = on");
  expect(
    fromSqliteError(
      caught(() => database.exec("insert into t values ('x')")),
      "a",
    ).kind,
  ).toBe("PermissionDenied");
  expect(
    fromSqliteError(
      caught(() => database.exec("selec")),
      "a",
    ).kind,
  ).toBe("Unexpected");
  expect(isSqliteBusy(caught(() => database.exec("selec")))).toBe(false);
  expect(isSqliteBusy(sqliteError(517))).toBe(true);
  database.close();
});

test("an error of jcs stays as it is", () => {
  const error = new JcsError("NotFound", "x");
  expect(fromSqliteError(error, "a")).toBe(error);
});
