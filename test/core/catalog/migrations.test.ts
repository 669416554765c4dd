import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { migrate, SCHEMA_VERSION } from "../../../core/catalog/migrations.ts";
import { createSqliteDatabase } from "../../../core/catalog/sqlite_database.ts";

function open(writer: DatabaseSync) {
  return createSqliteDatabase({ file: "a.db", writer, busyTimeoutMs: 0 });
}

test("makes the schema, records it, and does nothing the second time", async () => {
  const writer = new DatabaseSync(":memory:");
  const database = open(writer);
  await migrate(database, "a.db");
  const schema = () => writer.prepare("select name, sql from sqlite_master order by name").all();
  const before = schema();
  await migrate(database, "a.db");
  expect(schema()).toEqual(before);
  const versions = writer.prepare("select number from schema_versions").all();
  expect(versions.map((row) => row["number"])).toEqual(
    Array.from({ length: SCHEMA_VERSION }, (_, n) => n + 1),
  );
  await database.close();
});

test("refuses a newer schema and leaves it alone", async () => {
  const writer = new DatabaseSync(":memory:");
  const database = open(writer);
  await migrate(database, "a.db");
  writer.exec(`insert into schema_versions values (${SCHEMA_VERSION + 1}, 0)`);
  await expect(migrate(database, "a.db")).rejects.toMatchObject({
    kind: "Config",
    message: `Cannot use catalogue "a.db": its schema has version ${SCHEMA_VERSION + 1}, this program knows ${SCHEMA_VERSION}. Use a newer jcs`,
  });
  await database.close();
});

test("leaves nothing when it fails half-way", async () => {
  const writer = new DatabaseSync(":memory:");
  writer.exec("create table garbage (a)");
  const database = open(writer);
  await expect(migrate(database, "a.db")).rejects.toThrow("garbage");
  expect(writer.prepare("select name from sqlite_master").all()).toHaveLength(1);
  await database.close();
});
