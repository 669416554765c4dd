import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createGroupCommit, type GroupCommit } from "../../../core/catalog/group_commit.ts";

/** Counts transactions, and fails where a test says so. */
class WatchedDatabase extends DatabaseSync {
  commits = 0;
  failCommit = false;

  override exec(sql: string): void {
    if (sql === "commit") {
      this.commits += 1;
      if (this.failCommit) throw new Error("the disk is gone");
    }
    super.exec(sql);
  }
}

let database: WatchedDatabase;
let group: GroupCommit;

beforeEach(() => {
  database = new WatchedDatabase(":memory:");
  database.exec("create table t (a integer primary key)");
  group = createGroupCommit(database, async () => database.exec("begin immediate"));
});
afterEach(() => database.close());

const insert = (value: number) => async (): Promise<number> => {
  database.exec(`insert into t values (${value})`);
  await Promise.resolve();
  return value;
};
const values = (): unknown[] =>
  database
    .prepare("select a from t order by a")
    .all()
    .map((row) => row["a"]);

test("what waits together is committed together, at most 64 at a time", async () => {
  const numbers = Array.from({ length: 100 }, (_, number) => number);
  expect(await Promise.all(numbers.map((number) => group.run(insert(number))))).toEqual(numbers);
  expect(values()).toEqual(numbers);
  expect(database.commits).toBe(2);
});

test("units never run at the same time", async () => {
  let running = 0;
  await Promise.all(
    Array.from({ length: 10 }, () =>
      group.run(async () => {
        running += 1;
        expect(running).toBe(1);
        await Promise.resolve();
        running -= 1;
      }),
    ),
  );
});

test("a unit is run whenever it comes, also in the very moment in which the last one ends", async () => {
  for (let steps = 0; steps < 40; steps++) {
    const first = group.run(insert(2 * steps));
    for (let step = 0; step < steps; step++) await Promise.resolve();
    const second = group.run(insert(2 * steps + 1));
    await Promise.all([first, second]);
  }
  expect(values()).toHaveLength(80);
});

test("a unit that fails is undone alone", async () => {
  const results = await Promise.allSettled([
    group.run(insert(1)),
    group.run(async () => {
      await insert(2)();
      throw new Error("changed my mind");
    }),
    group.run(insert(1)),
    group.run(insert(3)),
  ]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect(values()).toEqual([1, 3]);
  expect(database.commits).toBe(1);
});

test("nothing is acknowledged before the commit, neither success nor failure", async () => {
  database.failCommit = true;
  const results = await Promise.allSettled([
    group.run(insert(1)),
    group.run(async () => {
      throw new Error("because of the first");
    }),
  ]);
  expect(results.map((result) => result.status === "rejected" && result.reason.message)).toEqual([
    "the disk is gone",
    "the disk is gone",
  ]);
  expect(values()).toEqual([]);
  database.failCommit = false;
  expect(await group.run(insert(2))).toBe(2);
});

test("when a unit ends the whole transaction, every unit in it fails and later ones go on", async () => {
  const results = await Promise.allSettled([
    group.run(insert(1)),
    group.run(async () => {
      database.exec("rollback");
      throw new Error("the disk is full");
    }),
    group.run(insert(3)),
  ]);
  expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(values()).toEqual([]);
  expect(await group.run(insert(4))).toBe(4);
});

test("when no transaction can begin, those who waited for it fail and later ones go on", async () => {
  let refusals = 1;
  const refused = createGroupCommit(database, async () => {
    if (refusals-- > 0) {
      await Promise.resolve();
      throw new Error("busy");
    }
    database.exec("begin");
  });
  const first = refused.run(insert(1));
  await Promise.resolve();
  const second = refused.run(insert(2));
  await expect(first).rejects.toThrow("busy");
  expect(await second).toBe(2);
  expect(values()).toEqual([2]);
});

test("idle waits for all that was given", async () => {
  let done = 0;
  for (const number of [1, 2, 3]) void group.run(insert(number)).then(() => done++);
  await group.idle();
  await Promise.resolve();
  expect(done).toBe(3);
  await group.idle();
});
