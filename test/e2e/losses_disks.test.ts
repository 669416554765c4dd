import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blockFiles, blocksOf, createRig, expectGet, expectNoGet, type Rig, sampleBytes } from "./rig.ts";

const MIB = 1024 * 1024;
const BYTES = sampleBytes(9 * MIB + 12_345);

let rig: Rig;

beforeAll(async () => {
  rig = await createRig();
  await rig.addDisks(6);
  writeFileSync(rig.path("file"), BYTES);
  writeFileSync(rig.path("older"), sampleBytes(BYTES.length, "older"));
});
afterAll(() => rig.remove());

async function put(scheme: string, address: string, file = "file"): Promise<void> {
  await rig.jcs("put", "--redundancy", scheme, file, address);
}

/** Takes the roots of spaces away while `work` is done. */
async function without(names: readonly string[], work: () => Promise<unknown>): Promise<void> {
  for (const name of names) renameSync(rig.path(name), rig.path(`${name}.away`));
  try {
    await work();
    for (const name of names) expect(existsSync(rig.path(name)), `"${name}" was made anew`).toBe(false);
  } finally {
    for (const name of names) renameSync(rig.path(`${name}.away`), rig.path(name));
  }
}

function pairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((a, index) => items.slice(index + 1).map((b) => [a, b] as const));
}

describe("spaces that are gone", () => {
  test("any two of six, 4+2, whole and in part; three are too many", { timeout: 60_000 }, async () => {
    await put("ec:4+2", "lost/p/ec42");
    const spaces = (await blocksOf(rig, "lost/p/ec42")).map(({ space }) => space);
    for (const pair of pairs(spaces)) {
      await without(pair, async () => {
        const said = await expectGet(rig, "lost/p/ec42", BYTES);
        const data = pair.filter((name) => spaces.indexOf(name) < 4);
        for (const name of data) expect(said).toMatch(new RegExp(`Working around .*"${name}"`));
        const part = await rig.run(["cat", "--offset", "3500000", "--length", "3000000", "lost/p/ec42"]);
        expect(Buffer.compare(part.stdout, BYTES.subarray(3_500_000, 6_500_000))).toBe(0);
      });
    }
    await without(spaces.slice(1, 4), async () => {
      const said = await expectNoGet(rig, "lost/p/ec42", 7);
      expect(said).toContain("3 of 6 blocks can be read and 4 are needed");
      for (const name of spaces.slice(1, 4)) expect(said).toContain(name);
    });
  });

  test.each(["rep:2", "ec:2+1"])("any one of %s; two are too many", async (scheme) => {
    const address = `lost/p/${scheme.replaceAll(/\W/g, "")}`;
    await put(scheme, address);
    const spaces = (await blocksOf(rig, address)).map(({ space }) => space);
    for (const space of spaces) await without([space], () => expectGet(rig, address, BYTES));
    await without(spaces.slice(0, 2), () => expectNoGet(rig, address, 7));
  });

  test("none: the only one", async () => {
    await put("none", "lost/p/none");
    const [block] = await blocksOf(rig, "lost/p/none");
    await without([block?.space ?? ""], () => expectNoGet(rig, "lost/p/none", 7));
    await expectGet(rig, "lost/p/none", BYTES);
  });
});

describe("an unmounted disk", () => {
  /** What is left of a mounted disk when it is not mounted: an empty directory. */
  async function withEmptyMountPoint(name: string, work: () => Promise<unknown>): Promise<void> {
    await without([name], async () => {
      mkdirSync(rig.path(name));
      try {
        await work();
        expect(readdirSync(rig.path(name)), "something was written where no disk is").toEqual([]);
      } finally {
        rmdirSync(rig.path(name));
      }
    });
  }

  test("is unreachable, not empty: reads work around it, writes go elsewhere or fail, nothing is written there", async () => {
    await put("ec:4+2", "mount/p/before");
    const [first] = await blocksOf(rig, "mount/p/before");
    const name = first?.space ?? "";
    await withEmptyMountPoint(name, async () => {
      expect(await expectGet(rig, "mount/p/before", BYTES)).toContain("is the disk mounted?");
      expect(await rig.run(["put", "--redundancy", "ec:4+2", "file", "mount/p/x"])).toMatchObject({
        status: 8,
      });
      expect(await rig.run(["stat", "mount/p/x"])).toMatchObject({ status: 4 });
      await put("ec:2+1", "mount/p/elsewhere");
      expect((await blocksOf(rig, "mount/p/elsewhere")).map(({ space }) => space)).not.toContain(name);
      await expectGet(rig, "mount/p/elsewhere", BYTES);
      expect(await rig.run(["space", "test", name])).toMatchObject({ status: 8 });
    });
    expect(await expectGet(rig, "mount/p/before", BYTES)).toBe("");
  });

  test("whose directory has vanished is not made anew by a put", async () => {
    await without(["disk2"], async () => {
      expect(await rig.run(["put", "--redundancy", "ec:4+2", "file", "mount/p/y"])).toMatchObject({
        status: 8,
      });
      const degraded = await rig.run([
        "put",
        "--redundancy",
        "ec:4+2",
        "--allow-degraded",
        "file",
        "mount/p/y",
      ]);
      expect(degraded, degraded.stderr).toMatchObject({ status: 3 });
    });
    expect(await expectGet(rig, "mount/p/y", BYTES)).toBeDefined();
  });
});

describe("blocks that are damaged", () => {
  const damages: readonly (readonly [string, (file: string, other: string) => void])[] = [
    ["lost", (file) => unlinkSync(file)],
    ["with a flipped bit in the middle", (file) => flip(file, 1_300_000)],
    ["with a flipped bit in the first byte", (file) => flip(file, 0)],
    ["with a flipped bit in its last byte", (file) => flip(file, readFileSync(file).length - 1)],
    ["cut in half", (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2))],
    ["cut to nothing", (file) => truncateSync(file, 0)],
    ["one byte short", (file) => truncateSync(file, readFileSync(file).length - 1)],
    ["the block of the same index of another object", (file, other) => copyFileSync(other, file)],
  ];

  function flip(file: string, position: number): void {
    const content = readFileSync(file);
    content[position]! ^= 0x10;
    writeFileSync(file, content);
  }

  test.each(damages)("%s: two of 4+2 are read around, three are too many", async (_, damage) => {
    await put("ec:4+2", "damaged/p/x");
    await put("ec:4+2", "damaged/p/other", "older");
    const files = await blockFiles(rig, "damaged/p/x");
    const others = await blockFiles(rig, "damaged/p/other");
    const change = (index: number) => damage(files[index]!, others[index]!);
    change(1);
    change(3);
    const said = await expectGet(rig, "damaged/p/x", BYTES);
    expect(said).toContain("Working around block 1");
    expect(said).toContain("Working around block 3");
    change(2);
    expect(await expectNoGet(rig, "damaged/p/x", 7)).toContain("Cannot read");
  });

  test("bytes after its end do no harm", async () => {
    await put("ec:4+2", "damaged/p/long");
    for (const file of await blockFiles(rig, "damaged/p/long")) appendFileSync(file, "more");
    await expectGet(rig, "damaged/p/long", BYTES);
  });

  test("two blocks of one object swapped", async () => {
    await put("ec:4+2", "damaged/p/swapped");
    const [zero = "", one = ""] = await blockFiles(rig, "damaged/p/swapped");
    const [contentZero, contentOne] = [readFileSync(zero), readFileSync(one)];
    writeFileSync(zero, contentOne);
    writeFileSync(one, contentZero);
    expect(await expectGet(rig, "damaged/p/swapped", BYTES)).toContain("Working around block 0");
  });

  test("the block of an older generation in the place of the new one", async () => {
    await put("rep:2", "damaged/p/generations", "older");
    const [old = ""] = await blockFiles(rig, "damaged/p/generations");
    const saved = readFileSync(old);
    await put("rep:2", "damaged/p/generations");
    const [now = ""] = await blockFiles(rig, "damaged/p/generations");
    expect(now).not.toBe(old);
    writeFileSync(now, saved);
    await expectGet(rig, "damaged/p/generations", BYTES);
  });

  test("more blocks than parity has, each in another place", async () => {
    await put("ec:4+2", "damaged/p/scattered");
    const files = await blockFiles(rig, "damaged/p/scattered");
    for (const [index, file] of files.entries()) flip(file, (index % 3) * MIB + 1000);
    await expectGet(rig, "damaged/p/scattered", BYTES);
  });

  test("none and rep:2 in all copies: status 7; cat stops before the damage, never after", async () => {
    for (const scheme of ["none", "rep:2"]) {
      await put(scheme, "damaged/p/all");
      for (const file of await blockFiles(rig, "damaged/p/all")) flip(file, 5 * MIB);
      await expectNoGet(rig, "damaged/p/all", 7);
      const cat = await rig.run(["cat", "damaged/p/all"]);
      expect(cat).toMatchObject({ status: 7 });
      expect(cat.stdout.length).toBeLessThanOrEqual(5 * MIB);
      expect(Buffer.compare(cat.stdout, BYTES.subarray(0, cat.stdout.length))).toBe(0);
    }
  });
});

test("what was worked around is told also with --json and --quiet", async () => {
  await put("ec:4+2", "told/p/x");
  const [first] = await blocksOf(rig, "told/p/x");
  await without([first?.space ?? ""], async () => {
    const json = await rig.run(["get", "--json", "told/p/x", "told"]);
    expect(json).toMatchObject({ status: 0 });
    const message = expect.stringContaining("Working around block 0");
    expect(json.lines).toContainEqual({ type: "warning", message });
    const quiet = await rig.run(["cat", "--quiet", "told/p/x"]);
    expect(quiet.stderr).toContain("Working around block 0");
    expect(Buffer.compare(quiet.stdout, BYTES)).toBe(0);
  });
});

test("a space removed from the config with --force is one more lost space", async () => {
  await put("ec:4+2", "removed/p/x");
  const spaces = (await blocksOf(rig, "removed/p/x")).map(({ space }) => space);
  for (const name of spaces.slice(0, 2)) {
    expect(await rig.run(["space", "rm", name])).toMatchObject({ status: 5 });
    await rig.jcs("space", "rm", "--force", name);
    await expectGet(rig, "removed/p/x", BYTES);
  }
  await rig.jcs("space", "rm", "--force", spaces[2]!);
  await expectNoGet(rig, "removed/p/x", 7);
});
