import { expect, test } from "vitest";
import type { Layer } from "../../../../core/store/layer.ts";
import { openStore } from "../../../../core/store/open_store.ts";
import type { ProbeFinding, ProbeName } from "../../../../core/store/probe/finding.ts";
import { storeError } from "../../../../core/store/store_error.ts";
import { listPaths, pattern, readAll, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const MIB = 1024 * 1024;
const broken = (...names: ProbeName[]): ProbeFinding[] =>
  names.map((name) => ({ name, verdict: "broken", ...(name === "longest name" ? { value: 100 } : {}) }));
const FINDINGS = broken(
  "read range",
  "write of unknown size",
  "write if absent",
  "list in order",
  "longest name",
);

/** Claims what it does not do: gives all of an object whatever was asked for, lets every writer win, wants to know each size, lists backwards. */
const liar: Layer = (inner) => ({
  ...inner,
  read: (path, { offset: _, length: __, ...call } = {}) => inner.read(path, call),
  write(path, body, { ifAbsent: _, ...options } = {}) {
    if (options.size === undefined && !(body instanceof Uint8Array)) {
      throw storeError(inner.info, { kind: "Unexpected", operation: "write", path, state: "status 411" });
    }
    return inner.write(path, body, options);
  },
  async *list(prefix, options) {
    const entries = [];
    for await (const entry of inner.list(prefix, options)) entries.unshift(entry);
    yield* entries;
  },
});
const open = (findings: readonly ProbeFinding[], layers: readonly Layer[] = [liar]) =>
  openStore(`memory://measured-${Math.random()}?retries=0`, { environment: {}, findings, layers });

// What the service claims is known to be wrong here.
testStore("a store that does less than it claims, after a probe", async () => {
  const store = await open(FINDINGS);
  return { ...store, native: store.capabilities };
});

test("what was disproved is no capability any more, what the service says of itself stays", async () => {
  const store = await open(FINDINGS);
  expect(store.capabilities).toMatchObject({
    readRange: false,
    writeIfAbsent: false,
    listSorted: false,
    nameBytesMax: 100,
  });
  expect(store.native).toMatchObject({ readRange: true, listSorted: true });
  // It is gathered instead.
  expect(store.capabilities.writeUnknownSize).toBe(true);
  const single = await open(broken("multipart"));
  expect(single.capabilities.multipart).toBe(false);
  expect(single.multipart).toBeUndefined();
});

test("a range of a store that gives everything is what was asked for, and the rest is not read", async () => {
  const store = await open(FINDINGS);
  const content = pattern(3 * MIB);
  await store.write("a", content);
  expect(await readAll(store, "a", { offset: 5, length: 7 })).toEqual(content.slice(5, 12));
  expect(await readAll(store, "a", { offset: 3 * MIB })).toHaveLength(0);
  const without = await open([]);
  await without.write("a", content);
  expect(await readAll(without, "a", { offset: 5, length: 7 })).toHaveLength(3 * MIB);
});

test("a body of unknown size comes with its size to a store that needs it", async () => {
  const store = await open(FINDINGS);
  for (const parts of [2, 20]) {
    const body = testBody(Array.from({ length: parts }, () => pattern(MIB)));
    expect(await store.write("a", body.stream)).toMatchObject({ size: parts * MIB });
  }
  expect(await listPaths(store, "")).toEqual(["a"]);
});

test("a name that is too long, and one that is there, are refused before a byte is taken", async () => {
  const store = await open(FINDINGS);
  await store.write("a", pattern(1), { ifAbsent: true });
  for (const [path, kind] of [
    ["a", "AlreadyExists"],
    [`d/${"n".repeat(101)}`, "Usage"],
  ] as const) {
    const body = testBody([pattern(10)]);
    await expect(store.write(path, body.stream, { size: 10, ifAbsent: true })).rejects.toMatchObject({
      kind,
    });
    await body.cancelled;
  }
  expect(await listPaths(store, "")).toEqual(["a"]);
});

test("a probe without a complaint leaves the store as it is", async () => {
  const store = await open([
    { name: "read range", verdict: "yes" },
    { name: "multipart", verdict: "unknown" },
  ]);
  expect(store.capabilities).toEqual(store.native);
});
