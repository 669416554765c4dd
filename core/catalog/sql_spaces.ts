import { sql } from "kysely";
import { JcsError } from "../errors.ts";
import type { SpaceCatalog } from "./catalog.ts";
import { validateName } from "./names.ts";
import { fromProbe, fromSpace, toSpace } from "./rows.ts";
import type { Queries, SqlDatabase } from "./sql_database.ts";

/** The spaces of a catalogue in an SQL database. */
export function createSqlSpaces(database: SqlDatabase): SpaceCatalog {
  return {
    async add(space) {
      validateName("space", space.name);
      await database.write(async (queries) => {
        if (await exists(queries, space.name)) {
          throw new JcsError("AlreadyExists", `Cannot add space "${space.name}": there is one of this name`, {
            where: { space: space.name },
          });
        }
        await queries.insertInto("spaces").values(fromSpace(space)).execute();
      });
    },
    list: () =>
      database.read(async (queries) =>
        (await queries.selectFrom("spaces").selectAll().orderBy("name").execute()).map(toSpace),
      ),
    find: (name) =>
      database.read(async (queries) => {
        const row = await queries
          .selectFrom("spaces")
          .selectAll()
          .where("name", "=", name)
          .executeTakeFirst();
        return row && toSpace(row);
      }),
    recordProbe: (name, probe) =>
      database.write(async (queries) => {
        if (!(await exists(queries, name))) {
          throw new JcsError(
            "NotFound",
            `Cannot record a probe of space "${name}": there is none of this name`,
            {
              where: { space: name },
            },
          );
        }
        await queries
          .updateTable("spaces")
          .set({ probe: fromProbe(probe) })
          .where("name", "=", name)
          .execute();
      }),
    remove: (name, options) =>
      database.write(async (queries) => {
        const where = { space: name };
        if (!(await exists(queries, name))) {
          throw new JcsError("NotFound", `Cannot remove space "${name}": there is none of this name`, {
            where,
          });
        }
        const held = options?.force ? undefined : await whatLiesOn(queries, name);
        if (held !== undefined) {
          const state = `it holds ${held}. "jcs space rm --force" forgets it with them`;
          throw new JcsError("ConditionFailed", `Cannot remove space "${name}": ${state}`, { where });
        }
        await queries.deleteFrom("spaces").where("name", "=", name).execute();
      }),
    usage: (name) =>
      database.read(async (queries) => {
        const row = await queries
          .selectFrom("blocks")
          .select((columns) => [
            columns.fn.countAll<number>().as("blocks"),
            // Added up as floating point: a sum of whole numbers fails when it passes 2^53.
            sql<number | null>`sum(bytes + 0e0)`.as("bytes"),
          ])
          .where("space", "=", name)
          .executeTakeFirst();
        return { blocks: Number(row?.blocks ?? 0), bytes: Number(row?.bytes ?? 0) };
      }),
  };
}

async function exists(queries: Queries, name: string): Promise<boolean> {
  const row = await queries.selectFrom("spaces").select("name").where("name", "=", name).executeTakeFirst();
  return row !== undefined;
}

/** What keeps a space from being forgotten, in words. */
async function whatLiesOn(queries: Queries, space: string): Promise<string | undefined> {
  const held = [
    ["blocks", "blocks of objects"],
    ["upload_blocks", "blocks of uploads under way"],
    ["garbage", "blocks that garbage collection has still to remove"],
  ] as const;
  for (const [table, words] of held) {
    const row = await queries
      .selectFrom(table)
      .select("space")
      .where("space", "=", space)
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) return words;
  }
  return undefined;
}
