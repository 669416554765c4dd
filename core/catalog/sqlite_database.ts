import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, type RawBuilder, sql } from "kysely";
import { assert } from "../assert.ts";
import { createGroupCommit } from "./group_commit.ts";
import type { ColumnTypes, SqlDatabase } from "./sql_database.ts";
import { createSqliteDialect } from "./sqlite_dialect.ts";
import { fromSqliteError, isSqliteBusy } from "./sqlite_errors.ts";
import type { Tables } from "./tables.ts";

/** Longest single wait for a database that another process holds. */
const BUSY_POLL_MS_MAX = 16;

/** Text compares with memcmp over UTF-8, SQLite's BINARY collation. STRICT refuses a value of the wrong type. */
const SQLITE_TYPES: ColumnTypes = {
  name: () => sql`text collate binary`,
  text: () => sql`text`,
  integer: () => sql`integer`,
  tableEnd: (key): RawBuilder<unknown> => (key === "given" ? sql`strict` : sql`strict, without rowid`),
};

/** What {@link createSqliteDatabase} needs. */
export interface SqliteDatabaseOptions {
  /** For messages. */
  readonly file: string;
  readonly writer: DatabaseSync;
  /** A second connection to the same database, so that readers do not wait for writers; without one, reads queue up with writes. */
  readonly reader?: DatabaseSync;
  /** How long to wait for a database that another process holds, before the work fails with `Unreachable`, retry `later`. */
  readonly busyTimeoutMs: number;
}

/** A catalogue database in SQLite. Owns the connections from now on. Requires: their own busy timeout is 0, because that one would
 *  stop the whole process while it waits. */
export function createSqliteDatabase(options: SqliteDatabaseOptions): SqlDatabase {
  const { file, writer, reader, busyTimeoutMs } = options;
  const writes = createGroupCommit(writer, () =>
    whileBusy(async () => writer.exec("begin immediate"), busyTimeoutMs),
  );
  const writing = new Kysely<Tables>({ dialect: createSqliteDialect(writer) });
  const reading = reader && new Kysely<Tables>({ dialect: createSqliteDialect(reader) });
  let lastRead: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function translate<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw isOwnError(error) ? fromSqliteError(error, file) : error;
    }
  }

  return {
    types: SQLITE_TYPES,
    async read(work) {
      assert(!closed, "the catalogue is open");
      if (reader === undefined || reading === undefined)
        return await translate(writes.run(() => work(writing)));
      // One after the other: node:sqlite is synchronous, and one connection has one snapshot at a time.
      const run = lastRead.then(() =>
        whileBusy(() => inSnapshot(reader, () => work(reading)), busyTimeoutMs),
      );
      lastRead = run.catch(() => {});
      return await translate(run);
    },
    async write(work) {
      assert(!closed, "the catalogue is open");
      return await translate(writes.run(() => work(writing)));
    },
    async close() {
      if (closed) return;
      closed = true;
      await writes.idle();
      await lastRead;
      reader?.close();
      writer.close();
    },
  };
}

/** Calls `work` until another connection lets it. Throws what SQLite said when `timeoutMs` have passed. */
export async function whileBusy<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, BUSY_POLL_MS_MAX)) {
    try {
      return await work();
    } catch (error) {
      if (!isSqliteBusy(error) || performance.now() >= deadlineMs) throw error;
    }
    await sleep(waitMs * (0.5 + Math.random() / 2));
  }
}

async function inSnapshot<T>(database: DatabaseSync, work: () => Promise<T>): Promise<T> {
  database.exec("begin");
  try {
    return await work();
  } finally {
    // SQLite ends the transaction itself after some errors.
    if (database.isTransaction) database.exec("rollback");
  }
}

/** Errors of SQLite and of Node; a failed assertion, for one, stays what it is. */
function isOwnError(error: unknown): boolean {
  return error instanceof Error && ("errcode" in error || "code" in error);
}
