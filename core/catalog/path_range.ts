import { ENTRY_COLUMNS, type EntryRow } from "./rows.ts";
import type { Queries } from "./sql_database.ts";
import { compareUtf8, prefixEnd } from "./utf8_order.ts";

/** A range of paths in the order of their UTF-8 bytes. It has one lower bound: given two, SQLite would search by one of them and read
 *  its way to the other. */
export interface PathRange {
  readonly start: string;
  readonly startIncluded: boolean;
  /** The first path that is not in the range; `undefined` when there is no end. */
  readonly end: string | undefined;
}

/** The paths that start with `prefix` and come after `after`. Both are well-formed. */
export function pageRange(prefix: string, after: string): PathRange {
  const end = prefixEnd(prefix);
  return compareUtf8(after, prefix) < 0
    ? { start: prefix, startIncluded: true, end }
    : { start: after, startIncluded: false, end };
}

/** The first `limit` objects of a range of a package, without their blocks. */
export async function readRows(
  queries: Queries,
  packageId: number,
  range: PathRange,
  limit: number,
): Promise<readonly EntryRow[]> {
  const { start, startIncluded, end } = range;
  return await queries
    .selectFrom("objects")
    .innerJoin("generations", "generations.id", "objects.generation")
    .select(ENTRY_COLUMNS)
    .where("objects.package_id", "=", packageId)
    .where("objects.path", startIncluded ? ">=" : ">", start)
    .$if(end !== undefined, (query) => query.where("objects.path", "<", end ?? ""))
    .orderBy("objects.path")
    .limit(limit)
    .execute();
}
