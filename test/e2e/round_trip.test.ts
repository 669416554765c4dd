import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blockFiles, createRig, expectGet, fingerprint, type Rig, sampleBytes } from "./rig.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [0, 1, 255, 256, 257, 64 * KIB, 256 * KIB + 1, MIB, 4 * MIB - 1, 4 * MIB + 1, 9 * MIB + 12_345];
const SCHEMES = ["none", "rep:2", "ec:2+1", "ec:4+2", "auto"];

let rig: Rig;
let tree: string;

beforeAll(async () => {
  rig = await createRig();
  await rig.addDisks(6);
  tree = rig.path("tree");
  SIZES.forEach((size, index) => {
    const file = join(tree, index % 2 === 0 ? "even/deep/er" : "odd", `file ${size}.bin`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, sampleBytes(size, index));
    utimesSync(file, 1_700_000_000 + index, 1_700_000_000 + index);
  });
});
afterAll(() => rig.remove());

describe.each(SCHEMES)("a tree stored %s", (scheme) => {
  const owner = `trees/${scheme.replaceAll(/\W/g, "-")}`;

  test("comes back byte for byte, with its times", async () => {
    const put = await rig.run(["put", "--json", "--redundancy", scheme, tree, owner]);
    expect(put, put.stderr).toMatchObject({ status: 0 });
    expect(put.lines.filter((line) => line["type"] === "put")).toHaveLength(SIZES.length);
    expect(put.lines.at(-1) ?? {}).toMatchObject(
      scheme === "none" ? { type: "warning" } : { type: "summary" },
    );
    const target = rig.path(`back-${owner.slice(6)}`);
    await rig.jcs("get", "--verify", `${owner}/tree/`, target);
    expect(fingerprint(target)).toEqual(fingerprint(tree));
    const name = "odd/file 1.bin";
    expect(statSync(join(target, name)).mtimeMs).toBe(statSync(join(tree, name)).mtimeMs);
    rmSync(target, { recursive: true });
  });

  test("has the scheme that was asked for, and as many blocks on different spaces", async () => {
    const { lines } = await rig.jcs(
      "stat",
      "--json",
      `${owner}/tree/even/deep/er/file ${9 * MIB + 12_345}.bin`,
    );
    const shape = { none: 1, "rep:2": 2, "ec:2+1": 3, "ec:4+2": 6, auto: 6 }[scheme];
    const object = lines[0] as {
      redundancy: string;
      blocks: { space: string }[];
      hash: string;
      size: number;
    };
    expect(object.redundancy).toBe(scheme === "auto" ? "ec:4+2" : scheme);
    expect(new Set(object.blocks.map(({ space }) => space)).size).toBe(shape);
    expect(object.blocks).toHaveLength(shape ?? 0);
    const bytes = readFileSync(join(tree, "even/deep/er", `file ${object.size}.bin`));
    expect(object.hash).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  });

  test("gives any range", async () => {
    const size = 9 * MIB + 12_345;
    const bytes = readFileSync(join(tree, "even/deep/er", `file ${size}.bin`));
    const address = `${owner}/tree/even/deep/er/file ${size}.bin`;
    for (const [offset, length] of [
      [0, 1],
      [MIB - 1, 2],
      [4 * MIB - 10, 4 * MIB + 20],
      [size - 1, 1],
      [size, 5],
      [0, size + 100],
    ] as const) {
      const ended = await rig.jcs("cat", "--offset", `${offset}`, "--length", `${length}`, address);
      expect(
        Buffer.compare(ended.stdout, bytes.subarray(offset, offset + length)),
        `${offset}+${length}`,
      ).toBe(0);
    }
  });
});

test("what is none or rep lies on a space as it is: head -c SIZE recovers it without jcs", async () => {
  const bytes = sampleBytes(100_000, 1);
  writeFileSync(rig.path("plain"), bytes);
  for (const scheme of ["none", "rep:2"]) {
    await rig.jcs("put", "--redundancy", scheme, "plain", "plain/p/x");
    for (const file of await blockFiles(rig, "plain/p/x"))
      expect(Buffer.compare(readFileSync(file).subarray(0, bytes.length), bytes)).toBe(0);
  }
});

describe("pipes", () => {
  test.each([0, 1, 100_000, 5 * MIB + 7])("%d bytes of stdin come out on stdout", async (size) => {
    const bytes = sampleBytes(size, 2);
    const put = await rig.run(["put", "--redundancy", "ec:4+2", "-", "pipes/p/o"], { input: bytes });
    expect(put, put.stderr).toMatchObject({ status: 0 });
    for (const argv of [
      ["cat", "pipes/p/o"],
      ["get", "pipes/p/o", "-"],
    ]) {
      const { stdout } = await rig.jcs(...argv);
      expect(Buffer.compare(stdout, bytes)).toBe(0);
    }
    await expectGet(rig, "pipes/p/o", bytes);
  });

  test("several objects follow each other on stdout, in the order of the arguments", async () => {
    for (const name of ["a", "b"])
      await rig.run(["put", "-", `pipes/cat/${name}`], { input: `this is ${name};` });
    const { stdout } = await rig.jcs("cat", "pipes/cat/b", "pipes/cat/a");
    expect(stdout.toString()).toBe("this is b;this is a;");
  });
});

describe("names inside jcs", () => {
  beforeAll(async () => {
    for (const path of ["logs/2026-01.log", "logs/2026-02.log", "logs/old/2025.log", "readme"])
      await rig.run(["put", "-", `names/p/${path}`], { input: path });
  });

  test("globs choose what get, ls, cat and stat work on", async () => {
    const all = await rig.jcs("cat", "names/p/logs/2026-*.log");
    expect(all.stdout.toString()).toBe("logs/2026-01.loglogs/2026-02.log");
    const listed = await rig.jcs("ls", "--json", "names/p/**/*.{log,txt}");
    expect(listed.lines.filter((line) => line["type"] === "object").map((line) => line["path"])).toEqual([
      "logs/2026-01.log",
      "logs/2026-02.log",
      "logs/old/2025.log",
    ]);
    await rig.jcs("get", "names/p/logs/**", rig.path("globbed"));
    expect(Object.keys(fingerprint(rig.path("globbed")))).toEqual([
      "2026-01.log",
      "2026-02.log",
      "old/2025.log",
    ]);
    const stat = await rig.jcs("stat", "--json", "names/p/logs/2026-0[!2].log");
    expect(stat.lines).toMatchObject([{ path: "logs/2026-01.log" }, { type: "summary", objects: 1 }]);
  });

  test("mv, cp and rm change names, not bytes", async () => {
    await rig.jcs("cp", "names/p/readme", "names/p/copy");
    await rig.jcs("mv", "names/p/readme", "names/p/moved/readme");
    await rig.jcs("rm", "names/p/copy");
    expect((await rig.jcs("cat", "names/p/moved/readme")).stdout.toString()).toBe("readme");
    expect(await rig.run(["cat", "names/p/readme"])).toMatchObject({ status: 4 });
    expect(await rig.run(["cat", "names/p/copy"])).toMatchObject({ status: 4 });
    const { lines } = await rig.jcs("ls", "--json", "-r", "names/p/");
    expect(lines.map((line) => line["path"])).toContain("moved/readme");
    await rig.jcs("rm", "-r", "names/p");
    expect(await rig.run(["ls", "names/p/logs/"])).toMatchObject({ status: 4 });
  });
});

test("a second put of the same tree with --skip-unchanged moves nothing", async () => {
  await rig.jcs("put", tree, "again/p");
  const dry = await rig.run(["put", "--json", "--skip-unchanged", "--dry-run", tree, "again/p"]);
  expect(new Set(dry.lines.slice(0, -1).map((line) => line["action"]))).toEqual(new Set(["skip"]));
  const { lines } = await rig.run(["put", "--json", "--skip-unchanged", tree, "again/p"]);
  expect(lines.at(-1)).toMatchObject({
    type: "summary",
    stored: 0,
    unchanged: SIZES.length,
    bytes: 0,
    exitCode: 0,
  });
});

test("every line of --json is an object with the documented members", async () => {
  writeFileSync(rig.path("one"), "1");
  const put = await rig.jcs("put", "--json", "--metadata", "who=me", "one", "json/p/one");
  const object = { bucket: "json", package: "p", path: "one", size: 1, metadata: { who: "me" } };
  const hash = `sha256:${createHash("sha256").update("1").digest("hex")}`;
  expect(put.lines).toMatchObject([
    { type: "put", status: "stored", source: rig.path("one"), ...object, hash, missingBlocks: [] },
    { type: "summary", stored: 1, bytes: 1, failures: 0, exitCode: 0 },
  ]);
  expect(put.stderr).toBe("");
  expect((await rig.jcs("get", "--json", "json/p/one", "two")).lines).toMatchObject([
    {
      type: "get",
      status: "written",
      bucket: "json",
      package: "p",
      path: "one",
      target: rig.path("two"),
      bytes: 1,
    },
    { type: "summary", written: 1, bytes: 1, failed: 0, exitCode: 0 },
  ]);
  expect((await rig.jcs("ls", "--json", "-l", "json/p")).lines[0]).toMatchObject({
    type: "object",
    ...object,
    hash,
  });
  expect((await rig.jcs("ls", "--json")).lines).toContainEqual(
    expect.objectContaining({ type: "bucket", bucket: "json" }),
  );
  expect((await rig.jcs("space", "ls", "--json")).lines[0]).toMatchObject({
    type: "space",
    name: "disk0",
    service: "fs",
    connection: `fs://${rig.path("disk0")}`,
    temporary: false,
    blocks: expect.any(Number),
    bytes: expect.any(Number),
  });
  const tested = await rig.jcs("space", "test", "--json", "disk0");
  expect(tested.lines.slice(0, -1).map((line) => line["step"])).toEqual([
    "write",
    "stat",
    "read",
    "list",
    "remove",
  ]);
  const missing = await rig.run(["stat", "--json", "json/p/none"]);
  expect(missing.lines).toContainEqual(
    expect.objectContaining({ type: "error", kind: "NotFound", exitCode: 4, message: expect.any(String) }),
  );
});
