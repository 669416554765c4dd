import type { DatabaseSync } from "node:sqlite";

/** Most units of work in one transaction: bounds how long other processes wait for the database. */
const UNITS_MAX = 64;

interface Unit {
  /** Runs the unit, and gives what to call when its outcome is durable. */
  readonly run: () => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/** What {@link createGroupCommit} makes. */
export interface GroupCommit {
  /** Runs `work` after all work given before, never at the same time. Resolves when its changes are durable; rejects with what it
   *  threw, when its changes are undone, or with what made the common transaction fail. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when all work given so far has ended. */
  idle(): Promise<void>;
}

/** Makes concurrent units of work share transactions, and so the wait for the disk: all that is waiting when a transaction begins runs
 *  in it, one after the other, each behind a savepoint of its own. No promise settles before the commit, not even a rejected
 *  one: a unit may have failed because of a change that another one made.
 *
 *  `begin` takes the write lock of the database, waiting as long as it sees fit. Requires: nobody else begins transactions on `database`. */
export function createGroupCommit(database: DatabaseSync, begin: () => Promise<void>): GroupCommit {
  const waiting: Unit[] = [];
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    try {
      while (waiting.length > 0) await commitWaiting();
    } finally {
      // In the same step as the last look at what waits: a unit that came in between would wait for ever.
      draining = undefined;
    }
  }

  async function commitWaiting(): Promise<void> {
    const hopefuls = waiting.length;
    try {
      await begin();
    } catch (error) {
      // Those that came meanwhile have not waited as long.
      for (const unit of waiting.splice(0, hopefuls)) unit.fail(error);
      return;
    }
    const units = waiting.splice(0, UNITS_MAX);
    try {
      const settle: (() => void)[] = [];
      for (const unit of units) settle.push(await runBehindSavepoint(unit));
      database.exec("commit");
      for (const each of settle) each();
    } catch (error) {
      rollBack();
      for (const unit of units) unit.fail(error);
    }
  }

  function rollBack(): void {
    try {
      if (database.isTransaction) database.exec("rollback");
    } catch {
      // The units fail with what came first, and the next transaction with what is wrong then.
    }
  }

  async function runBehindSavepoint(unit: Unit): Promise<() => void> {
    database.exec("savepoint unit");
    try {
      const settle = await unit.run();
      database.exec("release unit");
      return settle;
    } catch (error) {
      // A full disk or a read error may have ended the whole transaction; then there is no savepoint to go back to.
      if (!database.isTransaction) throw error;
      database.exec("rollback to unit");
      database.exec("release unit");
      return () => unit.fail(error);
    }
  }

  return {
    run: <T>(work: () => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({
          run: async () => {
            const value = await work();
            return () => resolve(value);
          },
          fail: reject,
        });
        draining ??= drain();
      }),
    idle: async () => {
      while (draining !== undefined) await draining;
    },
  };
}
