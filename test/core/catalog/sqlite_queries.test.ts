import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../../../core/catalog/catalog.ts";
import { migrate } from "../../../core/catalog/migrations.ts";
import { createSqlCatalog } from "../../../core/catalog/sql_catalog.ts";
import { createSqliteDatabase } from "../../../core/catalog/sqlite_database.ts";
import {
  AT,
  allGarbage,
  at,
  later,
  levelNames,
  newId,
  sampleBlocks,
  sampleUpload,
  store,
} from "../../suites/catalog_samples.ts";

/** Remembers the text of all statements, and counts the rows that they gave. */
class SpyDatabase extends DatabaseSync {
  readonly texts = new Set<string>();
  rows = 0;

  override prepare(text: string): StatementSync {
    this.texts.add(text);
    const statement = super.prepare(text);
    const all = statement.all.bind(statement);
    return Object.assign(statement, {
      all: (...parameters: SQLInputValue[]) => {
        const rows = all(...parameters);
        this.rows += rows.length;
        return rows;
      },
    });
  }
}

let database: SpyDatabase;
let catalog: Catalog;

beforeEach(async () => {
  database = new SpyDatabase(":memory:");
  const sqlite = createSqliteDatabase({ file: "a.db", writer: database, busyTimeoutMs: 0 });
  await migrate(sqlite, "a.db");
  catalog = createSqlCatalog(sqlite);
});
afterEach(() => catalog.close());

/** Whether a step of a query plan reads or sorts more than it has to. The places of one upload are few, and may be sorted. */
function isCareless(step: string, text: string): boolean {
  if (/^SCAN (CONSTANT ROW|\d+-ROW VALUES)/.test(step)) return false;
  if (step.includes("TEMP B-TREE")) return !text.includes('from "upload_blocks" where "generation" = ?');
  return step.startsWith("SCAN");
}

/** Puts `count` objects right into the tables. */
function fill(prefix: string, count: number): void {
  database
    .prepare(
      `with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < ?)
       insert into objects select packages.id, ? || printf('%08d', n), generations.id, 0, 0
       from numbers, packages, (select id from generations limit 1) as generations where packages.name = 'p'`,
    )
    .run(count - 1, prefix);
}

test("every query of every method finds its rows by an index, and sorts by it", async () => {
  database.texts.clear();
  const owner = { bucket: "b", package: "p" };
  await catalog.spaces.add({ name: "s1", connection: "memory://", createdAt: AT });
  await catalog.spaces.find("s1");
  await catalog.spaces.usage("s1");
  await store(catalog, at("x"), { ifAbsent: false });
  await store(catalog, at("x"));
  await catalog.objects.find(at("x"));
  for (const prefix of ["", "a/"]) {
    await catalog.objects.page({ package: owner, prefix, limit: 2 });
    await catalog.objects.page({ package: owner, prefix, after: "b", limit: 2 });
    await levelNames(catalog, { package: "p", prefix, limit: 2 });
  }
  await catalog.objects.copy(at("x"), at("y"), { replace: false, at: AT });
  await catalog.objects.copy(at("x"), at("y"), { replace: true, at: AT });
  await catalog.objects.move(at("x"), at("y"), { replace: true, at: AT });
  await catalog.objects.remove(at("y"), AT);
  const id = newId();
  await catalog.uploads.begin(sampleUpload(at("z"), id, sampleBlocks(id, ["s1"])), { ifAbsent: true });
  await catalog.uploads.extend(id, { leaseUntil: AT, blocks: sampleBlocks(id, ["s2"]) });
  await catalog.uploads.expired(later(1), 10);
  await catalog.uploads.abort(id, AT);
  await catalog.garbage.list({ before: AT, limit: 10, space: "s1" });
  await catalog.garbage.clear(await allGarbage(catalog));
  await catalog.names.clonePackage(owner, { bucket: "b", package: "q" });
  await catalog.names.listPackages("b");
  await catalog.names.removePackage("b", "q");
  await catalog.names.removePackage("b", "p");
  await catalog.names.removeBucket("b");
  await catalog.spaces.remove("s1");

  const texts = [...database.texts];
  expect(texts.length).toBeGreaterThan(40);
  const careless = texts.flatMap((text) => {
    const plan = database.prepare(`explain query plan ${text}`).all();
    const steps = plan.map((row) => String(row["detail"]));
    return steps.filter((step) => isCareless(step, text)).map((step) => `${step}: ${text}`);
  });
  expect(careless).toEqual([]);
});

test("a level steps over a deep prefix of 100,000 objects without reading it", async () => {
  await store(catalog, at("z-last"));
  fill("a/deep/", 100_000);
  fill("b/deep/", 1_000);
  database.rows = 0;
  expect(await levelNames(catalog, { package: "p", prefix: "", limit: 1000 })).toEqual([
    "a/",
    "b/",
    "z-last",
  ]);
  expect(database.rows).toBeLessThan(100);
});

test("the work of a page does not grow with how far it is", async () => {
  await store(catalog, at("z-last"));
  fill("a/", 100_000);
  const shortestMs = async (after: string): Promise<number> => {
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const started = performance.now();
      const rows = await catalog.objects.page({ package: at(""), prefix: "a/", after, limit: 10 });
      times.push(performance.now() - started);
      expect(rows).toHaveLength(10);
    }
    return Math.min(...times);
  };
  const nearMs = await shortestMs("a/00000010");
  // Reading its way there would take more than 5 ms, a page takes some 0.1 ms.
  expect(await shortestMs("a/00099910")).toBeLessThan(10 * nearMs + 1);
});
