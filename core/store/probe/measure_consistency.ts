import { isKind } from "../../errors.ts";
import { isSame, type Measurement, pathsBelow, probeBytes, readBytes, verdict } from "./probe_bench.ts";

const OVERWRITES = 12;
const OVERWRITE_BYTES = 512 * 1024;
const LISTED = 20;
const LIST_WAIT_MS = 5000;
const LIST_POLL_MS = 100;
/** Names whose order tells UTF-8 from other orders. */
const ORDER = ["a", "B", "a.b", "a-b", "ab", "Z", "é", "z", "\uffee", "\u{1f600}"];

/** What others see of a change, and when. */
export const CONSISTENCY: readonly Measurement[] = [
  {
    name: "read after write",
    async run(bench) {
      const { store, folder, options } = bench;
      const path = `${folder}again`;
      for (let round = 1; round <= 5; round++) {
        const content = probeBytes(1000 + round, round);
        await store.write(path, content, { ...options, size: content.length });
        const size = (await store.stat(path, options)).size;
        if (size !== content.length || !isSame(await readBytes(bench, { path, bytesMax: 4096 }), content)) {
          return { verdict: "broken", detail: `an old version was seen after overwrite ${round}` };
        }
      }
      await store.remove(path, options);
      const gone = await store.stat(path, options).then(
        () => false,
        (error: unknown) => isKind(error, "NotFound"),
      );
      return gone ? { verdict: "yes" } : { verdict: "broken", detail: "a removed object was still seen" };
    },
  },
  {
    name: "read of a version",
    async run(bench) {
      const { store, folder, options } = bench;
      const path = `${folder}version`;
      await store.write(path, probeBytes(100, 1), { ...options, size: 100 });
      const { etag } = await store.stat(path, options);
      if (etag === undefined) return { verdict: "no", detail: "there are no tags" };
      await store.write(path, probeBytes(100, 2), { ...options, size: 100 });
      try {
        await readBytes(bench, { path, bytesMax: 4096, ifMatch: etag });
        return { verdict: "no", detail: "the tag of an old version reads the new one" };
      } catch (error) {
        if (!isKind(error, "ConditionFailed")) throw error;
        return { verdict: "yes" };
      }
    },
  },
  {
    name: "atomic overwrite",
    async run(bench) {
      const { store, folder, options } = bench;
      const path = `${folder}overwritten`;
      const versions = [probeBytes(OVERWRITE_BYTES, 1), probeBytes(OVERWRITE_BYTES + 1000, 2)] as const;
      await store.write(path, versions[0], { ...options, size: versions[0].length });
      let writing = true;
      let reads = 0;
      let mixed = 0;
      let missing = 0;
      const reading = (async () => {
        while (writing) {
          try {
            const found = await readBytes(bench, { path, bytesMax: 4 * OVERWRITE_BYTES });
            if (!versions.some((version) => isSame(found, version))) mixed += 1;
          } catch (error) {
            if (isKind(error, "Cancelled")) throw error;
            // A read that says that its version has gone is honest.
            if (isKind(error, "NotFound")) missing += 1;
          }
          reads += 1;
          // A store that answers at once would leave no time for anything else.
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      // What it throws is looked at below.
      reading.catch(() => {});
      try {
        for (let round = 1; round <= OVERWRITES; round++) {
          const content = versions[round % 2 === 0 ? 0 : 1];
          await store.write(path, content, { ...options, size: content.length });
        }
      } finally {
        writing = false;
      }
      await reading;
      const detail = `${reads} reads during ${OVERWRITES} overwrites: ${mixed} mixed, ${missing} missing`;
      // Nothing for a moment is what some services say of themselves; a mixture is never right.
      const claimed = mixed > 0 || store.capabilities.overwriteAtomic !== false;
      return { verdict: verdict(mixed + missing === 0, claimed), detail };
    },
  },
  {
    name: "list after write",
    async run(bench) {
      const { store, folder, options } = bench;
      const directory = `${folder}listed`;
      const paths = Array.from({ length: LISTED }, (_, index) => `${directory}/${index}`);
      for (const path of paths) await store.write(path, probeBytes(1), { ...options, size: 1 });
      const lateMs = await untilListed(bench, { directory, count: LISTED });
      await store.remove(paths[0] ?? "", options);
      const removedMs = await untilListed(bench, { directory, count: LISTED - 1 });
      if (lateMs === undefined || removedMs === undefined) {
        return { verdict: "broken", detail: `a list is wrong for more than ${LIST_WAIT_MS} ms` };
      }
      const value = Math.max(lateMs, removedMs);
      return { verdict: value === 0 ? "yes" : "no", value, unit: "ms" };
    },
  },
  {
    name: "list in order",
    async run(bench) {
      const { store, folder, options } = bench;
      const directory = `${folder}order`;
      for (const name of ORDER)
        await store.write(`${directory}/${name}`, probeBytes(1), { ...options, size: 1 });
      const paths = await pathsBelow(bench, directory);
      const sorted = paths.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      const inOrder = paths.every((path, index) => path === sorted[index]);
      return { verdict: verdict(inOrder, store.capabilities.listSorted) };
    },
  },
];

/** How long it takes until a list shows so many, in milliseconds: 0 when the first one does, `undefined` when none does in time. */
async function untilListed(
  bench: Parameters<Measurement["run"]>[0],
  wanted: { readonly directory: string; readonly count: number },
): Promise<number | undefined> {
  const startedMs = performance.now();
  for (let first = true; performance.now() - startedMs < LIST_WAIT_MS; first = false) {
    const found = (await pathsBelow(bench, wanted.directory)).length;
    if (found === wanted.count) return first ? 0 : performance.now() - startedMs;
    await new Promise((resolve) => setTimeout(resolve, LIST_POLL_MS));
  }
  return undefined;
}
