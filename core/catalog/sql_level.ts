import { CATALOG_PAGE_ROWS } from "../limits.ts";
import type { ObjectEntry, PackageAddress } from "./catalog.ts";
import { type PathRange, pageRange, readRows } from "./path_range.ts";
import { type EntryRow, toEntry } from "./rows.ts";
import type { Queries } from "./sql_database.ts";
import { prefixEnd } from "./utf8_order.ts";

/** Rows of the first query of a level; later ones ask for more while they meet objects, and for fewer when they must skip. */
const FIRST_ROWS = 32;
const ROWS_MIN = 4;

/** What {@link readLevel} gives: an object right below the prefix, or the common prefix of what lies deeper. */
export type LevelEntry = { readonly prefix: string } | { readonly object: ObjectEntry };

/** Reads one page of one level of a package, as `ObjectCatalog.level` says.
 *
 *  Whatever lies below a common prefix is stepped over with a new query that starts behind it, so the work grows with the entries
 *  that come out, not with the objects below them. */
export async function readLevel(
  queries: Queries,
  packageId: number,
  query: {
    readonly package: PackageAddress;
    readonly prefix: string;
    readonly after?: string;
    readonly limit: number;
  },
): Promise<readonly LevelEntry[]> {
  const { prefix, limit } = query;
  const entries: LevelEntry[] = [];
  let range = levelRange(prefix, query.after ?? "");
  let rowsMax = Math.min(FIRST_ROWS, limit);
  while (range !== undefined) {
    const rows: readonly EntryRow[] = await readRows(queries, packageId, range, rowsMax);
    let skipped: string | undefined;
    for (const row of rows) {
      if (skipped !== undefined && row.path.startsWith(skipped)) continue;
      if (entries.length === limit) return entries;
      skipped = commonPrefix(prefix, row.path);
      entries.push(skipped === undefined ? { object: toEntry(row, query.package) } : { prefix: skipped });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsMax || entries.length === limit) return entries;
    range =
      skipped === undefined
        ? { ...range, start: last.path, startIncluded: false }
        : rangeBehind(range, skipped);
    rowsMax = skipped === undefined ? rowsMax * 2 : Math.floor(rowsMax / 2);
    rowsMax = Math.min(Math.max(rowsMax, ROWS_MIN), CATALOG_PAGE_ROWS);
  }
  return entries;
}

/** The rest of the level of `prefix` after the name `after`; `undefined` when nothing can be there. */
function levelRange(prefix: string, after: string): PathRange | undefined {
  const passed = after.startsWith(prefix) ? commonPrefix(prefix, after) : undefined;
  const range = pageRange(prefix, after);
  return passed === undefined ? range : rangeBehind(range, passed);
}

/** What is left of a range behind everything that starts with `prefix`; `undefined` when nothing can be there. */
function rangeBehind(range: PathRange, prefix: string): PathRange | undefined {
  const start = prefixEnd(prefix);
  return start === undefined ? undefined : { ...range, start, startIncluded: true };
}

/** The prefix, up to and with the next slash, under which `path` lies below `prefix`; `undefined` when it lies right there. */
function commonPrefix(prefix: string, path: string): string | undefined {
  const slash = path.indexOf("/", prefix.length);
  return slash === -1 ? undefined : path.slice(0, slash + 1);
}
