import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../../../core/catalog/catalog.ts";
import { migrate, SCHEMA_VERSION } from "../../../core/catalog/migrations.ts";
import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import { createSqlCatalog } from "../../../core/catalog/sql_catalog.ts";
import { createSqliteDatabase } from "../../../core/catalog/sqlite_database.ts";
import { allGarbage, allPaths, at, store } from "../../suites/catalog_samples.ts";
import { failure } from "../../suites/failure.ts";

let directory: string;
let file: string;
const opened: { close(): unknown }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-catalog-"));
  file = join(directory, "home", "catalog.db");
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  await rm(directory, { recursive: true });
});

async function openCatalog(busyTimeoutMs = 1000): Promise<Catalog> {
  const catalog = await openSqliteCatalog({ file, busyTimeoutMs });
  opened.push(catalog);
  return catalog;
}

/** A connection of somebody else to the same file. */
function openRaw(path = file): DatabaseSync {
  const database = new DatabaseSync(path);
  opened.push({ close: () => database.isOpen && database.close() });
  return database;
}

/** A catalogue whose connection a test can hurt. */
async function openWithWriter(): Promise<{ catalog: Catalog; writer: DatabaseSync }> {
  await (await openCatalog()).close();
  const [writer, reader] = [new DatabaseSync(file), new DatabaseSync(file)];
  const database = createSqliteDatabase({ file: "a.db", writer, reader, busyTimeoutMs: 0 });
  await migrate(database, "a.db");
  const catalog = createSqlCatalog(database);
  opened.push(catalog);
  return { catalog, writer };
}

test("files are for their owner only, the write-ahead log too", async () => {
  const catalog = await openCatalog();
  await catalog.names.createBucket("b");
  for (const name of [file, `${file}-wal`, `${file}-shm`])
    expect((await stat(name)).mode & 0o777, name).toBe(0o600);
  expect((await stat(join(directory, "home"))).mode & 0o777).toBe(0o700);
  await catalog.close();
  await expect(stat(`${file}-wal`)).rejects.toThrow("ENOENT");
});

test("everything is there after closing and opening again", async () => {
  const first = await openCatalog();
  const { generation, blocks } = await store(first, at("x"));
  await first.close();
  await first.close();
  const second = await openCatalog();
  expect(await second.objects.find(at("x"))).toMatchObject({ generation, blocks });
});

test("several may open a new file at the same time", async () => {
  const catalogs = await Promise.all([openCatalog(), openCatalog(), openCatalog(), openCatalog()]);
  await catalogs[0]!.names.createBucket("b");
  for (const catalog of catalogs) expect(await catalog.names.listBuckets()).toHaveLength(1);
});

test("a call on a closed catalogue is a programmer's mistake", async () => {
  const catalog = await openCatalog();
  const last = catalog.names.createBucket("b");
  await catalog.close();
  await last;
  await expect(catalog.names.createBucket("c")).rejects.toThrow("Assertion failed: the catalogue is open");
  await expect(catalog.names.listBuckets()).rejects.toThrow("Assertion failed: the catalogue is open");
});

test("a catalogue that another process holds is waited for, then Unreachable, and the process goes on meanwhile", async () => {
  const catalog = await openCatalog(200);
  await store(catalog, at("x"));
  const other = openRaw();
  other.exec("begin immediate");
  let turns = 0;
  const clock = setInterval(() => {
    turns += 1;
  }, 5);
  const error: unknown = await catalog.objects.remove(at("x"), new Date()).catch((caught: unknown) => caught);
  clearInterval(clock);
  expect(error).toMatchObject({ kind: "Unreachable", retry: "later" });
  expect(String(error)).toContain(`Cannot use catalogue "${file}": another process holds it`);
  expect(turns).toBeGreaterThan(10);
  expect(await allPaths(catalog, { package: "p", limit: 10 })).toEqual(["x"]);
  const waiting = catalog.objects.remove(at("x"), new Date());
  await sleep(10);
  other.exec("rollback");
  await waiting;
  expect(await allPaths(catalog, { package: "p", limit: 10 })).toEqual([]);
});

test("opening waits for another process too", async () => {
  await (await openCatalog()).close();
  const other = openRaw();
  other.exec("pragma locking_mode = exclusive; begin immediate; update spaces set name = name; commit");
  const busy = openSqliteCatalog({ file, busyTimeoutMs: 30 });
  expect(await failure(busy)).toBe("Unreachable");
  const waiting = openCatalog(5000);
  await sleep(10);
  other.close();
  expect(await (await waiting).names.listBuckets()).toEqual([]);
});

test("a full disk is NoSpace, and what was committed before stays", async () => {
  const { catalog, writer } = await openWithWriter();
  await store(catalog, at("x"));
  const { page_count: pages } = writer.prepare("pragma page_count").get() as { page_count: number };
  writer.exec(`pragma max_page_count = ${pages + 4}`);
  const kinds = new Set<string | undefined>();
  const stored: string[] = ["x"];
  for (let round = 0; round < 200 && !kinds.has("NoSpace"); round += 1) {
    const path = `${"long".repeat(200)}/${round}`;
    const kind = await failure(store(catalog, at(path)));
    if (kind === undefined) stored.push(path);
    kinds.add(kind);
  }
  expect([...kinds]).toContain("NoSpace");
  expect((await allPaths(catalog, { package: "p", limit: 100 })).sort()).toEqual(stored.sort());
  writer.exec("pragma max_page_count = 100000");
  await store(catalog, at("y"));
  expect(writer.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
});

test("a database that cannot be written to is PermissionDenied, and can be read", async () => {
  const { catalog, writer } = await openWithWriter();
  await store(catalog, at("x"));
  writer.exec("pragma query_only = on");
  const error: unknown = await catalog.names.createBucket("c").catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    kind: "PermissionDenied",
    message: 'Cannot use catalogue "a.db": it cannot be written to',
  });
  expect(await catalog.objects.find(at("x"))).toBeDefined();
});

test("a file that is no database is Corrupt, and is left alone", async () => {
  await mkdir(join(directory, "home"));
  await writeFile(file, "not a database, but somebody's letter".repeat(100));
  const before = await readFile(file);
  const error: unknown = await openCatalog().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ kind: "Corrupt" });
  expect(String(error)).toContain(file);
  expect(await readFile(file)).toEqual(before);
});

test("a directory, or a path through a file, is Config", async () => {
  await mkdir(file, { recursive: true });
  expect(await failure(openCatalog())).toBe("Config");
  await rm(file, { recursive: true });
  await writeFile(file, "");
  file = join(file, "deeper.db");
  expect(await failure(openCatalog())).toBe("Config");
  file = join(directory, "home", "catalog.db");
});

test("the database of another program is Config, and is left alone", async () => {
  await mkdir(join(directory, "home"));
  const other = openRaw();
  other.exec("create table theirs (a)");
  expect(await failure(openCatalog())).toBe("Config");
  const names = other.prepare("select name from sqlite_master").all();
  expect(names).toEqual([{ name: "theirs" }]);
  expect(other.prepare("pragma journal_mode").get()).toEqual({ journal_mode: "delete" });
});

test("a catalogue of a newer jcs is Config", async () => {
  await (await openCatalog()).close();
  const other = openRaw();
  other.exec(`insert into schema_versions values (${SCHEMA_VERSION + 1}, 0)`);
  const error: unknown = await openCatalog().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ kind: "Config" });
  expect(String(error)).toContain(file);
  expect(String(error)).toContain("Use a newer jcs");
});

test("damage inside the file is Corrupt, never a wrong answer", async () => {
  const catalog = await openCatalog();
  for (let number = 0; number < 50; number += 1) await store(catalog, at(`${"x".repeat(100)}${number}`));
  await catalog.close();
  const before = await readFile(file);
  const handle = await open(file, "r+");
  for (let page = 4096; page < before.length; page += 4096)
    await handle.write(Buffer.alloc(64, 0xff), 0, 64, page);
  await handle.close();
  const kinds = new Set<string | undefined>();
  kinds.add(
    await failure(
      (async () => {
        const damaged = await openCatalog();
        for (const call of [
          () => allPaths(damaged, { package: "p", limit: 1000 }),
          () => allGarbage(damaged),
          () => store(damaged, at("new")),
        ]) {
          kinds.add(await failure(call()));
        }
      })(),
    ),
  );
  kinds.delete(undefined);
  expect([...kinds]).toEqual(["Corrupt"]);
});
