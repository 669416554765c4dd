import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../../../core/catalog/catalog.ts";
import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import { at, later } from "../../suites/catalog_samples.ts";

let directory: string;
let file: string;
let catalog: Catalog;

interface StoringProcess {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly ended: Promise<unknown[]>;
  readonly lines: Interface;
}
const started: StoringProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jcs-catalog-"));
  file = join(directory, "catalog.db");
  catalog = await openSqliteCatalog({ file });
});
afterEach(async () => {
  for (const storing of started.splice(0)) {
    storing.child.kill("SIGKILL");
    await storing.ended;
  }
  await catalog.close();
  await rm(directory, { recursive: true });
});

/** Starts a storing process; a test that fails leaves none behind. */
function start(options: {
  readonly count: number;
  readonly prefix: string;
  readonly absent?: boolean;
}): StoringProcess {
  const script = fileURLToPath(new URL("./storing_process.ts", import.meta.url));
  const { count, prefix, absent } = options;
  const child = spawn(process.execPath, [script, file, String(count), prefix, absent ? "absent" : "any"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const storing = { child, ended, lines: createInterface({ input: child.stdout }) };
  started.push(storing);
  return storing;
}

/** Path and generation of every object that the process stored. */
async function acknowledged(storing: StoringProcess): Promise<[string, string][]> {
  const stored: [string, string][] = [];
  for await (const line of storing.lines) {
    const [path, generation] = line.split(" ");
    if (path !== undefined && generation !== undefined) stored.push([path, generation]);
  }
  expect((await storing.ended)[0]).toBe(0);
  return stored;
}

test("two processes that store the same absent objects: each object has one winner", async () => {
  const results = await Promise.all(
    [0, 1].map(() => acknowledged(start({ count: 150, prefix: "x/", absent: true }))),
  );
  const won = results.flat();
  expect(won).toHaveLength(150);
  for (const [path, generation] of won) {
    expect((await catalog.objects.find(at(path)))?.generation.id).toBe(generation);
  }
});

test("two processes that replace the same objects: every block is live or garbage", async () => {
  const results = await Promise.all([0, 1].map(() => acknowledged(start({ count: 100, prefix: "x/" }))));
  const generations = results.flat().map(([, generation]) => generation);
  expect(generations).toHaveLength(200);
  const page = await catalog.objects.page({ package: at(""), limit: 1000 });
  const live = page.map((entry) => entry.generation.id);
  expect(live).toHaveLength(100);
  const garbage = await catalog.garbage.list({ before: later(1), limit: 1000 });
  const dead = generations.filter((generation) => !live.includes(generation));
  expect(new Set(garbage.map((record) => record.path.slice(11, 43)))).toEqual(new Set(dead));
  expect(garbage).toHaveLength(200);
});

test("a process killed in the middle of many commits loses none that it acknowledged", async () => {
  for (const acknowledgements of [1, 37, 120]) {
    const storing = start({ count: 1_000_000, prefix: `${acknowledgements}/` });
    const stored: [string, string][] = [];
    for await (const line of storing.lines) {
      const [path, generation] = line.split(" ");
      if (path !== undefined && generation?.length === 32) stored.push([path, generation]);
      if (stored.length === acknowledgements) storing.child.kill("SIGKILL");
    }
    expect((await storing.ended)[1]).toBe("SIGKILL");
    expect(stored.length).toBeGreaterThanOrEqual(acknowledgements);

    const reader = new DatabaseSync(file);
    expect(reader.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(reader.prepare("pragma foreign_key_check").all()).toEqual([]);
    reader.close();
    for (const [path, generation] of stored) {
      const found = await catalog.objects.find(at(path));
      expect(found?.generation.id).toBe(generation);
      expect(found?.blocks).toHaveLength(2);
    }
  }
  const uploads = await catalog.uploads.expired(later(1e9), 1000);
  for (const upload of uploads) await catalog.uploads.abort(upload.generation, later(0));
  const garbage = await catalog.garbage.list({ before: later(1), limit: 1000 });
  expect(garbage).toHaveLength(2 * uploads.length);
});
