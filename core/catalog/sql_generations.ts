import { sql } from "kysely";
import type { Queries } from "./sql_database.ts";

/** Ends the life of a generation unless an object still refers to it: its blocks become garbage. */
export async function releaseGeneration(queries: Queries, generation: string, at: Date): Promise<void> {
  const user = await queries
    .selectFrom("objects")
    .select("path")
    .where("generation", "=", generation)
    .limit(1)
    .executeTakeFirst();
  if (user !== undefined) return;
  await retire(queries, "blocks", generation, at);
  await queries.deleteFrom("generations").where("id", "=", generation).execute();
}

/** Ends an upload: all places that it still has become garbage. */
export async function releaseUpload(queries: Queries, generation: string, at: Date): Promise<void> {
  await retire(queries, "upload_blocks", generation, at);
  await queries.deleteFrom("uploads").where("generation", "=", generation).execute();
}

/** Moves the block files of a generation to the garbage. */
async function retire(
  queries: Queries,
  table: "blocks" | "upload_blocks",
  generation: string,
  at: Date,
): Promise<void> {
  await queries
    .insertInto("garbage")
    .columns(["space", "path", "retired_at"])
    .expression((expression) =>
      expression
        .selectFrom(table)
        .select(["space", "path", sql<number>`${at.getTime()}`.as("retired_at")])
        .where("generation", "=", generation),
    )
    .execute();
  await queries.deleteFrom(table).where("generation", "=", generation).execute();
}
