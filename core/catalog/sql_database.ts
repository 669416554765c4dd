import type { Expression, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** A handle for the queries of one transaction. Never used after its work has ended, and nothing but queries is awaited in between. */
export type Queries = Kysely<Tables>;

/** All that differs between the databases that can hold the catalogue; everything above is SQL that SQLite and MySQL share. */
export interface SqlDatabase {
  readonly types: ColumnTypes;
  /** Runs `work` on one snapshot of what is committed. `work` may run again when the database was busy: it only reads. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Runs `work` in one transaction that sees no other one half done. Resolves when its changes are durable; when `work` throws, or
   *  the database does, nothing of it stays. `work` may run again when the database asks for it, so it changes nothing else. */
  write<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Ends when the work under way has ended. */
  close(): Promise<void>;
}

/** How a database writes the column types of migrations.ts. */
export interface ColumnTypes {
  /** A string that is compared and sorted by its UTF-8 bytes, at most `bytesMax` of them. */
  name(bytesMax: number): Expression<unknown>;
  /** A string of any length that is never compared. */
  text(): Expression<unknown>;
  /** A whole number up to 2^53 - 1. */
  integer(): Expression<unknown>;
  /** What follows the closing bracket of a table, whose primary key is a number that the database gives or is made of names. */
  tableEnd(key: "given" | "names"): RawBuilder<unknown>;
}
