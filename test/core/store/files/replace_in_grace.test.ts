import { expect, test } from "vitest";
import { replaceInGrace } from "../../../../core/store/files/replace_in_grace.ts";

/** Files in memory. Change number `fault`, from 1, and the `faults - 1` that follow fail: before they are done, or when only the answer is to come. */
function filesWith(fault: number, options: { readonly faults: number; readonly isDone: boolean }) {
  const files = new Map([
    ["d/a", "old"],
    ["d/new", "new"],
  ]);
  let changes = 0;
  const change = (work: () => void) => {
    changes += 1;
    const fails = changes >= fault && changes < fault + options.faults;
    if (!fails || options.isDone) work();
    if (fails) throw new Error(`change ${fault} failed`);
  };
  return {
    files,
    changes: () => changes,
    async rename(source: string, target: string) {
      change(() => {
        const content = files.get(source);
        if (content === undefined || files.has(target)) throw new Error("refused");
        files.set(target, content);
        files.delete(source);
      });
    },
    remove: async (path: string) => change(() => void files.delete(path)),
    look: async (path: string) => (files.has(path) ? ("object" as const) : undefined),
  };
}

test("when any change fails, or its answer is lost, one of both is in its place and nothing is aside", async () => {
  const whole = filesWith(0, { faults: 0, isDone: false });
  await replaceInGrace(() => whole, { source: "d/new", target: "d/a" });
  expect([...whole.files]).toEqual([["d/a", "new"]]);
  for (let fault = 1; fault <= whole.changes(); fault++) {
    for (const isDone of [false, true]) {
      for (const faults of [1, 2]) {
        const files = filesWith(fault, { faults, isDone });
        const words = `change ${fault}, ${faults} in all, done: ${isDone}`;
        const failed = await replaceInGrace(() => files, { source: "d/new", target: "d/a" }).then(
          () => false,
          () => true,
        );
        const { files: left } = files;
        expect(["old", "new"], words).toContain(left.get("d/a"));
        if (!failed) expect(left.get("d/a"), words).toBe("new");
        // What failed twice may be the removal: then it waits, hidden.
        const aside = left.get("d/.jcs-old.a");
        expect(fault === whole.changes() || faults === 2 ? [undefined, "old"] : [undefined], words).toContain(
          aside,
        );
      }
    }
  }
});

test("a caller that cancels stops nothing that is quick, and the tidying has a signal of its own", async () => {
  const control = new AbortController();
  control.abort();
  const signals: AbortSignal[] = [];
  const files = filesWith(2, { faults: 100, isDone: false });
  const filesOf = (signal: AbortSignal) => {
    signals.push(signal);
    return files;
  };
  const replacing = replaceInGrace(filesOf, { source: "d/new", target: "d/a", signal: control.signal });
  await expect(replacing).rejects.toThrow("change 2 failed");
  expect(signals).toHaveLength(2);
  for (const signal of signals) expect(signal.aborted).toBe(false);
  expect(files.files.get("d/a")).toBe("old");
});
