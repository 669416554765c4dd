import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { createSqliteDialect } from "../../../core/catalog/sqlite_dialect.ts";

class CountingDatabase extends DatabaseSync {
  prepared = 0;

  override prepare(text: string): StatementSync {
    this.prepared += 1;
    return super.prepare(text);
  }
}

function open(): { database: CountingDatabase; queries: Kysely<{ t: { a: number } }> } {
  const database = new CountingDatabase(":memory:");
  database.exec("create table t (a integer primary key)");
  return { database, queries: new Kysely({ dialect: createSqliteDialect(database) }) };
}

test("gives rows, counts of changes and new numbers", async () => {
  const { database, queries } = open();
  const inserted = await queries.insertInto("t").values({ a: 7 }).executeTakeFirst();
  expect(inserted).toMatchObject({ insertId: 7n, numInsertedOrUpdatedRows: 1n });
  expect(await queries.selectFrom("t").selectAll().execute()).toEqual([{ a: 7 }]);
  const removed = await queries.deleteFrom("t").where("a", "=", 7).executeTakeFirst();
  expect(removed.numDeletedRows).toBe(1n);
  for await (const row of queries.selectFrom("t").selectAll().stream()) expect(row).toBeUndefined();
  database.close();
});

test("prepares a statement once, and keeps a bounded number", async () => {
  const { database, queries } = open();
  for (const a of [1, 2, 3]) await queries.insertInto("t").values({ a }).execute();
  expect(database.prepared).toBe(1);
  const first = () => sql`select 0`.execute(queries);
  await first();
  for (let number = 1; number < 300; number += 1) await sql.raw(`select ${number}`).execute(queries);
  expect(database.prepared).toBe(301);
  await sql.raw("select 299").execute(queries);
  expect(database.prepared).toBe(301);
  await first();
  expect(database.prepared).toBe(302);
  database.close();
});

test("refuses transactions, which belong to the owner of the connection", async () => {
  const { database, queries } = open();
  await expect(queries.transaction().execute(async () => {})).rejects.toThrow("belong to its owner");
  database.close();
});
