import { JcsError } from "../errors.ts";
import type { GarbageCatalog, GarbageRecord, UploadRecord } from "./catalog.ts";
import { requireLimit } from "./page_limit.ts";
import { placeKey } from "./rows.ts";
import type { Queries, SqlDatabase } from "./sql_database.ts";

/** Paths that one statement names at the most. */
const PATHS_MAX = 100;

/** The garbage of a catalogue in an SQL database. */
export function createSqlGarbage(database: SqlDatabase): GarbageCatalog {
  return {
    async list({ before, limit, space }) {
      requireLimit(limit);
      return await database.read(async (queries) => {
        const rows = await queries
          .selectFrom("garbage")
          .selectAll()
          .where("retired_at", "<", before.getTime())
          .$if(space !== undefined, (query) => query.where("space", "=", space ?? ""))
          .orderBy("retired_at")
          .orderBy("path")
          .orderBy("space")
          .limit(limit)
          .execute();
        return rows.map(({ path, retired_at, space }) => ({ space, path, retiredAt: new Date(retired_at) }));
      });
    },
    async clear(records) {
      if (records.length === 0) return;
      await database.write(async (queries) => {
        for (const [space, paths] of pathsBySpace(records)) {
          for (let first = 0; first < paths.length; first += PATHS_MAX) {
            await queries
              .deleteFrom("garbage")
              .where("path", "in", paths.slice(first, first + PATHS_MAX))
              .where("space", "=", space)
              .execute();
          }
        }
      });
    },
  };
}

/** Throws `ConditionFailed` when one of the places waits for garbage collection, which would remove what is written there. */
export async function refuseGarbage(queries: Queries, places: UploadRecord["blocks"]): Promise<void> {
  const wanted = new Set(places.map(placeKey));
  const paths = places.map((place) => place.path);
  for (let first = 0; first < paths.length; first += PATHS_MAX) {
    const rows = await queries
      .selectFrom("garbage")
      .select(["space", "path"])
      .where("path", "in", paths.slice(first, first + PATHS_MAX))
      .execute();
    const found = rows.find((row) => wanted.has(placeKey(row)));
    if (found === undefined) continue;
    throw new JcsError(
      "ConditionFailed",
      `Cannot write "${found.path}" to space "${found.space}": garbage collection is about to remove what lay there`,
      { where: { space: found.space, path: found.path } },
    );
  }
}

function pathsBySpace(records: readonly GarbageRecord[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, string[]>();
  for (const { space, path } of records) {
    const known = paths.get(space);
    if (known === undefined) paths.set(space, [path]);
    else known.push(path);
  }
  return paths;
}
