import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import type { ObjectMeta, Store } from "../../../../core/store/store.ts";
import { listPaths, pattern, readAll, sameBytes } from "../../../suites/store_bench.ts";

const LARGE = pattern(3 * 1024 * 1024 + 17);
const LONG = `${"long-name-".repeat(15)}/${"x".repeat(150)}`;
const FILES: Readonly<Record<string, Uint8Array>> = {
  a: pattern(10),
  "b/1": LARGE,
  "b/c/2": new Uint8Array(),
  "b.txt": new Uint8Array(2_000_000),
  "caf\u00e9 数据": pattern(1000),
  [LONG]: pattern(700),
};
const PYTHON_ZIP =
  "import sys,zipfile,os\nz=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED)\nfor d,_,fs in os.walk('.'):\n  for f in fs: z.write(os.path.join(d,f))\nz.close()";

let folder: string;
const stores: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "jcs-archive-"));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(service: string, file: string): Promise<Store> {
  const store = await openStore(`${service}://${file}?retries=0`, { environment: {} });
  stores.push(store);
  return store;
}

async function makeTree(): Promise<string> {
  const top = join(folder, "tree");
  for (const [path, bytes] of Object.entries(FILES)) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), bytes);
  }
  return top;
}

const PROGRAMS: readonly [string, string, (file: string) => readonly [string, readonly string[]]][] = [
  ["tar", "GNU", (file) => ["tar", ["--format=gnu", "-cf", file, "."]]],
  ["tar", "pax", (file) => ["tar", ["--format=pax", "-cf", file, "."]]],
  ["zip", "deflated", (file) => ["python3", ["-c", PYTHON_ZIP, file]]],
  ["zip", "stored", (file) => ["python3", ["-c", PYTHON_ZIP.replace("ZIP_DEFLATED", "ZIP_STORED"), file]]],
];

for (const [service, title, command] of PROGRAMS) {
  test(`${service} (${title}): list, stat, and reads of any range`, async () => {
    const top = await makeTree();
    const file = join(folder, `archive.${service}`);
    const [program, args] = command(file);
    execFileSync(program, args, { cwd: top });
    const store = await open(service, file);
    const sorted = Object.keys(FILES)
      .map((path) => Buffer.from(path))
      .sort(Buffer.compare);
    expect(await listPaths(store, "")).toEqual(sorted.map(String));
    expect((await listPaths(store, "b")).sort()).toEqual(["b/1", "b/c/2"]);
    const level: Record<string, string> = {};
    for await (const { path, kind } of store.list("", { delimited: true })) level[path] = kind;
    const long = LONG.slice(0, LONG.indexOf("/"));
    expect(level).toEqual({
      a: "file",
      b: "directory",
      "b.txt": "file",
      "caf\u00e9 数据": "file",
      [long]: "directory",
    });
    for (const [path, bytes] of Object.entries(FILES)) {
      const meta = await store.stat(path);
      expect(meta).toMatchObject({ path, kind: "file", size: bytes.length });
      expect(Math.abs((meta.modifiedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(26 * 3600_000);
      expect(sameBytes(await readAll(store, path), bytes), path).toBe(true);
    }
    for (const [offset, length] of [
      [0, 1],
      [5, 0],
      [1, 2_000_000],
      [1024 * 1024 - 1, 2],
      [LARGE.length - 1, 100],
      [LARGE.length, 1],
      [LARGE.length + 10, 1],
    ] as const) {
      const found = await readAll(store, "b/1", { offset, length });
      expect(sameBytes(found, LARGE.subarray(offset, offset + length)), `${offset} ${length}`).toBe(true);
    }
    for (let round = 0; round < 30; round++) {
      const stream = (await store.read("b/1"))[Symbol.asyncIterator]();
      if (round % 2 === 1) await stream.next();
      await stream.return?.();
    }
    await expect(store.stat("b")).rejects.toMatchObject({ kind: "NotFound" });
    await expect(store.read("a/b")).rejects.toMatchObject({ kind: "NotFound" });
    expect(await listPaths(store, "a")).toEqual([]);
    const { etag } = await store.stat("a");
    expect(await readAll(store, "a", { ifMatch: etag ?? "" })).toHaveLength(10);
    await expect(store.read("a", { ifMatch: '"x"' })).rejects.toMatchObject({ kind: "ConditionFailed" });
    const signal = AbortSignal.abort();
    await expect(store.read("a", { signal })).rejects.toMatchObject({ kind: "Cancelled" });
    await expect(listPaths(store, "", { signal })).rejects.toMatchObject({ kind: "Cancelled" });
    await expect(store.write("a", pattern(1))).rejects.toMatchObject({ kind: "Unsupported" });
    await expect(store.remove("a")).rejects.toMatchObject({ kind: "Unsupported" });
  });

  test(`${service} (${title}): whatever is cut off or changed ends with an error or the right bytes, never with others`, async () => {
    const top = join(folder, "small");
    await mkdir(top);
    const content = pattern(900);
    await writeFile(join(top, "a"), content);
    const file = join(folder, `archive.${service}`);
    const [program, args] = command(file);
    execFileSync(program, args, { cwd: top });
    const whole = await readBytes(file);
    const used = service === "tar" ? whole.length - 8000 : whole.length;
    for (let cut = 0; cut < used; cut += 37) {
      await writeFile(file, whole.subarray(0, cut));
      await expectRightOrFault(await open(service, file), content);
    }
    for (let at = 0; at < used; at += 13) {
      const damaged = new Uint8Array(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      await writeFile(file, damaged);
      // tar has no checksum of what is in it.
      if (service === "zip") await expectRightOrFault(await open(service, file), content);
      else await listPaths(await open(service, file), "").catch(() => {});
    }
  });
}

describe("hostile archives", () => {
  test("tar: names that leave the folder are not there, and links are not followed", async () => {
    await writeFile(join(folder, "secret"), "secret");
    await symlink("/etc/passwd", join(folder, "link"));
    const file = join(folder, "hostile.tar");
    const script =
      "import tarfile,io,sys\nt=tarfile.open(sys.argv[1],'w')\nfor n in ['../up','/abs','a/../../b','a//b','.','..','ok','c\\\\d','x/./y']:\n  i=tarfile.TarInfo(n); i.size=3; t.addfile(i,io.BytesIO(b'bad'))\nl=tarfile.TarInfo('link'); l.type=tarfile.SYMTYPE; l.linkname='/etc/passwd'; t.addfile(l)\nt.close()";
    execFileSync("python3", ["-c", script, file]);
    const store = await open("tar", file);
    expect(await listPaths(store, "")).toEqual(["link", "ok"]);
    expect(await store.stat("link")).toMatchObject({ kind: "link", linkTarget: "/etc/passwd" });
    await expect(store.read("link")).rejects.toMatchObject({ kind: "Unsupported" });
    await expect(store.read("../up")).rejects.toMatchObject({ kind: "Usage" });
  });

  test("tar: a compressed one, and a size beyond the end, are told", async () => {
    const file = join(folder, "archive.tar");
    await writeFile(join(folder, "a"), "a");
    execFileSync("tar", ["-czf", file, "a"], { cwd: folder });
    await writeFile(file, Buffer.concat([await readBytes(file), Buffer.alloc(1024)]));
    const message = { kind: "Unsupported", message: expect.stringMatching(/it is compressed/) };
    await expect(listPaths(await open("tar", file), "")).rejects.toMatchObject(message);
    execFileSync("tar", ["-cf", file, "a"], { cwd: folder });
    const bytes = await readBytes(file);
    bytes.write("77777777777\0", 124, "latin1");
    bytes.write("        ", 148, "latin1");
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    await writeFile(file, bytes);
    const beyond = { kind: "Corrupt", message: expect.stringMatching(/beyond the end/) };
    await expect(listPaths(await open("tar", file), "")).rejects.toMatchObject(beyond);
  });

  test("zip: encrypted entries and unknown methods are shown, and reading them is Unsupported", async () => {
    const file = join(folder, "archive.zip");
    await writeFile(file, zipOf({ name: "e", data: pattern(10), flags: 1 }));
    const encrypted = await open("zip", file);
    expect(await listPaths(encrypted, "")).toEqual(["e"]);
    await expect(encrypted.read("e")).rejects.toMatchObject({
      kind: "Unsupported",
      message: expect.stringMatching(/encrypted/),
    });
    await writeFile(file, zipOf({ name: "m", data: pattern(10), method: 14 }));
    await expect((await open("zip", file)).read("m")).rejects.toMatchObject({ kind: "Unsupported" });
  });

  test("zip: more bytes than announced, fewer, and a wrong checksum are Corrupt, and a bomb is not unpacked", async () => {
    const file = join(folder, "archive.zip");
    const data = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
    for (const size of [0, 1000, 65 * 1024 * 1024, 2 ** 40]) {
      await writeFile(file, zipOf({ name: "a", data, method: 8, size }));
      const store = await open("zip", file);
      expect((await store.stat("a")).size).toBe(size);
      await expect(drain(store, "a"), String(size)).rejects.toMatchObject({ kind: "Corrupt" });
    }
    await writeFile(file, zipOf({ name: "a", data: pattern(10), size: 10, crc: 1 }));
    await expect(drain(await open("zip", file), "a")).rejects.toMatchObject({ kind: "Corrupt" });
    await writeFile(file, zipOf({ name: "a", data: pattern(10), size: 2 ** 33 }));
    await expect(listPaths(await open("zip", file), "")).rejects.toMatchObject({ kind: "Corrupt" });
  });

  test("zip: large sizes stand where zip64 puts them", async () => {
    const file = join(folder, "archive.zip");
    const script =
      "import zipfile,sys\nz=zipfile.ZipFile(sys.argv[1],'w')\nwith z.open('a','w',force_zip64=True) as f: f.write(b'0123456789')\nz.close()";
    execFileSync("python3", ["-c", script, file]);
    expect(Buffer.from(await readAll(await open("zip", file), "a")).toString()).toBe("0123456789");
  });
});

test("a missing archive is Unreachable, and one that is replaced is read anew", async () => {
  const file = join(folder, "archive.zip");
  const store = await open("zip", file);
  const calls = [() => store.stat("a"), () => store.read("a"), () => listPaths(store, "")];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ kind: "Unreachable" });
  await writeFile(file, zipOf({ name: "a", data: pattern(10) }));
  expect(await listPaths(store, "")).toEqual(["a"]);
  await rm(file);
  await writeFile(file, zipOf({ name: "bcd", data: pattern(12) }));
  expect(await listPaths(store, "")).toEqual(["bcd"]);
  await expect(openStore("zip://archive.zip", { environment: {} })).rejects.toMatchObject({ kind: "Usage" });
});

async function readBytes(file: string): Promise<Buffer> {
  const { readFile } = await import("node:fs/promises");
  return await readFile(file);
}

async function drain(store: Store, path: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of await store.read(path)) bytes += chunk.length;
  return bytes;
}

async function expectRightOrFault(store: Store, content: Uint8Array): Promise<void> {
  try {
    const found: ObjectMeta[] = [];
    for await (const entry of store.list("")) found.push(entry);
    for (const { path } of found) expect(sameBytes(await readAll(store, path), content)).toBe(true);
  } catch (error) {
    expect(error).toMatchObject({ kind: expect.stringMatching(/^(Corrupt|Unsupported)$/) });
  }
}

/** A zip archive of one entry that may say what is not true. */
function zipOf(entry: {
  readonly name: string;
  readonly data: Uint8Array;
  readonly size?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
}): Buffer {
  const { name, data, size = data.length, method = 0, flags = 0, crc } = entry;
  const isLarge = size > 0xfffffffe;
  const extra = Buffer.alloc(isLarge ? 12 : 0);
  if (isLarge) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(size), 4);
  }
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(flags, 8);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(crc ?? 0, 16);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(isLarge ? 0xffffffff : size, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length + extra.length, 12);
  end.writeUInt32LE(30 + name.length + data.length, 16);
  return Buffer.concat([local, Buffer.from(name), data, central, Buffer.from(name), extra, end]);
}
