import { expect, test } from "vitest";
import { parseDatabaseUrl } from "../../../core/config/parse_database_url.ts";

test("an address with everything, and with as little as there may be", () => {
  expect(parseDatabaseUrl("mysql://me%40x:p%2Fw@db.example.org:3307/jcs%20a")).toEqual({
    address: "db.example.org:3307",
    account: "me@x",
    password: "p/w",
    databaseName: "jcs a",
  });
  expect(parseDatabaseUrl("mysql://me@[::1]/jcs")).toEqual({
    address: "[::1]:3306",
    account: "me",
    password: "",
    databaseName: "jcs",
  });
});

test.each([
  "",
  "embedded",
  "postgres://me:hush@h/db",
  "mysql://me:hush@h",
  "mysql://h/db",
  "mysql://me:hush@h/a/b",
  "mysql://me:hush%@h/db",
])("%j is refused and not shown", (text) => {
  let error: unknown;
  try {
    parseDatabaseUrl(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({
    kind: "Usage",
    message: expect.stringContaining("mysql://account:password@host"),
  });
  expect(String(error)).not.toContain("hush");
});
