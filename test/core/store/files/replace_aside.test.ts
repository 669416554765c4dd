import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asideOf, bringBack, replaceAside } from "../../../../core/store/files/replace_aside.ts";

/** Files in memory that are renamed only to names that are free, and a process that ends before change number `dies`. */
function filesOf(contents: Iterable<readonly [string, string]>, dies = Number.POSITIVE_INFINITY) {
  const files = new Map(contents);
  let changes = 0;
  const change = () => {
    if (changes >= dies) throw new Error("killed");
    changes += 1;
  };
  return {
    files,
    changes: () => changes,
    async rename(source: string, target: string) {
      change();
      const content = files.get(source);
      if (content === undefined || files.has(target)) throw new Error("refused");
      files.set(target, content);
      files.delete(source);
    },
    async remove(path: string) {
      change();
      files.delete(path);
    },
    look: async (path: string) => (files.has(path) ? ("object" as const) : undefined),
  };
}

const BEFORE = [
  ["d/a", "old"],
  ["d/new", "new"],
] as const;

describe("replacing where nothing can be renamed over", () => {
  test("gives the new object the name, and leaves nothing", async () => {
    const files = filesOf(BEFORE);
    await replaceAside(files, { source: "d/new", target: "d/a" });
    expect([...files.files]).toEqual([["d/a", "new"]]);
  });

  test("killed anywhere, the old object or the new one is found", async () => {
    const whole = filesOf(BEFORE);
    await replaceAside(whole, { source: "d/new", target: "d/a" });
    for (let dies = 0; dies < whole.changes(); dies++) {
      const killed = filesOf(BEFORE, dies);
      await replaceAside(killed, { source: "d/new", target: "d/a" }).catch(() => {});
      const after = filesOf(killed.files);
      if ((await after.look("d/a")) === undefined) expect(await bringBack(after, "d/a")).toBe(true);
      expect(["old", "new"]).toContain(after.files.get("d/a"));
      // And the next one is not kept from its place by what was left.
      after.files.set("d/newer", "newer");
      await replaceAside(after, { source: "d/newer", target: "d/a" });
      expect(after.files.get("d/a")).toBe("newer");
      expect(after.files.has(asideOf("d/a"))).toBe(false);
    }
  });

  test("keeps the old object where it is when the new one is not there", async () => {
    const files = filesOf([["d/a", "old"]]);
    await expect(replaceAside(files, { source: "d/new", target: "d/a" })).rejects.toThrow("refused");
    expect([...files.files]).toEqual([["d/a", "old"]]);
  });

  test("nothing is brought back that is not aside, and nothing replaced by what is", async () => {
    const files = filesOf([
      ["d/b", "there"],
      [asideOf("d/b"), "stale"],
    ]);
    expect(await bringBack(files, "d/a")).toBe(false);
    await bringBack(files, "d/b");
    expect(files.files.get("d/b")).toBe("there");
  });

  test("writers of one object leave one of their objects, whole, however they alternate", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2), { maxLength: 60 }), async (turns) => {
        const files = filesOf([
          ["a", "old"],
          ["0", "0"],
          ["1", "1"],
          ["2", "2"],
        ]);
        // Each step of a writer waits for its turn.
        const waiting: (() => void)[][] = [[], [], []];
        const turnOf = (writer: number) =>
          new Promise<void>((resolve) => {
            waiting[writer]?.push(resolve);
          });
        const writers = [0, 1, 2].map((writer) =>
          replaceAside(
            {
              rename: (source, target) => turnOf(writer).then(() => files.rename(source, target)),
              remove: (path) => turnOf(writer).then(() => files.remove(path)),
              look: (path) => turnOf(writer).then(() => files.look(path)),
            },
            { source: String(writer), target: "a" },
          ).then(
            () => true,
            () => false,
          ),
        );
        let isOver = false;
        const all = Promise.all(writers).finally(() => {
          isOver = true;
        });
        for (let turn = 0; !isOver; turn++) {
          const writer = turns[turn] ?? turn % 3;
          waiting[writer]?.shift()?.();
          await new Promise((resolve) => setImmediate(resolve));
        }
        const done = await all;
        if (!files.files.has("a")) await bringBack(files, "a");
        const winner = files.files.get("a");
        const possible = ["old", ...done.flatMap((isDone, writer) => (isDone ? [String(writer)] : []))];
        expect(possible).toContain(winner);
        expect(done).toContain(true);
        expect(winner).not.toBe("old");
      }),
      { numRuns: 200 },
    );
  });
});
