import { access, constants, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { JcsError } from "../errors.ts";
import type { Catalog } from "./catalog.ts";
import { migrate } from "./migrations.ts";
import { createSqlCatalog } from "./sql_catalog.ts";
import { createSqliteDatabase, whileBusy } from "./sqlite_database.ts";
import { fromSqliteError } from "./sqlite_errors.ts";

/** How long work waits for a catalogue that another process holds, unless the caller says otherwise. */
const BUSY_TIMEOUT_MS = 10_000;

/** "JCSC" in the header of a database file: it is a catalogue of jcs. */
const APPLICATION_ID = 0x4a435343;

/** What {@link openSqliteCatalog} needs. */
export interface SqliteCatalogOptions {
  /** The database file, or `:memory:` for one that lives as long as this object. A missing file is made, readable by its owner
   *  only, and so is its directory. */
  readonly file: string;
  /** How long work waits for a catalogue that another process holds; 10 s unless given. */
  readonly busyTimeoutMs?: number;
}

/** Opens the embedded catalogue and brings its schema up to date. Commits are on the disk (WAL, synchronous=FULL) when their promise
 *  resolves; readers do not wait for writers. Two connections to the file stay open until `close`.
 *
 *  Throws `Corrupt` for a damaged file, `Config` for a database that is not a catalogue or was made by a newer jcs, `PermissionDenied`,
 *  `NoSpace`, and `Unreachable` (retry `later`) when another process holds it for too long; every message names the file. */
export async function openSqliteCatalog(options: SqliteCatalogOptions): Promise<Catalog> {
  const { file, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  const connections: DatabaseSync[] = [];
  const connect = (): DatabaseSync => {
    const connection = new DatabaseSync(file, { timeout: 0 });
    connections.push(connection);
    return connection;
  };
  try {
    const inMemory = file === ":memory:";
    if (!inMemory) await makeFile(file);
    const writer = connect();
    await whileBusy(async () => prepareFile(writer, file), busyTimeoutMs);
    const database = createSqliteDatabase({
      file,
      writer,
      ...(inMemory ? {} : { reader: connect() }),
      busyTimeoutMs,
    });
    await migrate(database, file);
    return createSqlCatalog(database);
  } catch (error) {
    for (const connection of connections) connection.close();
    throw fromSqliteError(error, file);
  }
}

/** Makes the file with mode 0600, which the files that SQLite puts beside it take over, or checks that it may be used. */
async function makeFile(file: string): Promise<void> {
  const directory = dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  try {
    const handle = await open(file, "ax", 0o600);
    await handle.close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const handle = await open(file, "r+");
    await handle.close();
  }
}

/** Checks that the database is a catalogue, or empty, and sets up the connection that writes. */
function prepareFile(database: DatabaseSync, file: string): void {
  // One statement, so one snapshot: another process may be making the tables just now.
  const found = database
    .prepare(
      "select application_id as id, (select count(*) from sqlite_master) as tables from pragma_application_id",
    )
    .get();
  const isEmpty = found?.["id"] === 0 && found["tables"] === 0;
  if (!isEmpty && found?.["id"] !== APPLICATION_ID) {
    throw new JcsError("Config", `Cannot use catalogue "${file}": it is a database of another program`);
  }
  database.exec("pragma journal_mode = wal");
  database.exec("pragma synchronous = full");
  database.exec("pragma foreign_keys = on");
  if (isEmpty) database.exec(`pragma application_id = ${APPLICATION_ID}`);
}
