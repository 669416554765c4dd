import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEFTOVER_AGE_MS } from "../../core/limits.ts";
import { type FaultProxy, startFaultProxy } from "../servers/fault_proxy.ts";
import { createBucket, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import {
  blocksOf,
  createRig,
  expectGet,
  filesBelow,
  type Rig,
  type Running,
  sampleBytes,
  until,
} from "./rig.ts";

const MIB = 1024 * 1024;
const OLD = sampleBytes(5 * MIB + 1, "old");
const NEW = sampleBytes(24 * MIB + 3, "new");
const KILLS = 12;

let rig: Rig;
let disks: readonly string[];

beforeAll(async () => {
  rig = await createRig();
  disks = await rig.addDisks(6);
  writeFileSync(rig.path("old"), OLD);
  writeFileSync(rig.path("new"), NEW);
});
afterAll(() => rig.remove());

/** Every file that the spaces hold, as `space/path`. */
function stored(): readonly string[] {
  return disks.flatMap((disk) => filesBelow(rig.path(disk)).map((file) => `${disk}/${file}`));
}

/** Files that are not complete blocks. */
function halfWritten(): readonly string[] {
  return stored().filter(
    (file) => !/\/\.jcs-space$|\/jcs\/blocks\/[0-9a-f]{2}\/[0-9a-f]{32}\.\d+$/.test(file),
  );
}

/** A put that has read half of its stdin and is in the middle of writing blocks. */
async function putHalfWay(address: string): Promise<Running> {
  const before = new Set(stored());
  const running = rig.start(["put", "--redundancy", "ec:4+2", "-", address], { holdInput: true });
  running.child.stdin?.write(NEW.subarray(0, 12 * MIB));
  await until(() => stored().filter((file) => !before.has(file)).length >= 6);
  return running;
}

/** A get whose first bytes were written to stdout, which nobody reads on. */
async function catHalfWay(address: string): Promise<Running> {
  const running = rig.start(["cat", address]);
  await once(running.child.stdout!, "data");
  running.child.stdout?.pause();
  return running;
}

describe.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s", (signal) => {
  test("ends a put: status 130, the old object stays, nothing half-written on the spaces", async () => {
    const address = `stopped/p/${signal}`;
    await rig.jcs("put", "--redundancy", "ec:4+2", "old", address);
    const { child, ended } = await putHalfWay(address);
    child.kill(signal);
    const { status, stderr } = await ended;
    expect(status, stderr).toBe(130);
    expect(stderr).toMatch(/interrupted/i);
    expect(halfWritten()).toEqual([]);
    await expectGet(rig, address, OLD);
    await rig.jcs("put", "--redundancy", "ec:4+2", "new", address);
    await expectGet(rig, address, NEW);
  });

  test("ends a put of many objects: those that are done stay, and the next run does the rest", async () => {
    const tree = rig.path(`tree ${signal}`);
    mkdirSync(tree);
    for (let index = 0; index < 60; index++)
      writeFileSync(join(tree, `${index}`), sampleBytes(MIB + index, index));
    const argv = ["put", "--json", "--skip-unchanged", "--parallel", "2", `${tree}/.`, `many/${signal}`];
    const { child, ended } = rig.start(argv);
    await once(child.stdout!, "data");
    child.kill(signal);
    const first = await ended;
    expect(first.status, first.stderr).toBe(130);
    const done = first.lines.filter((line) => line["status"] === "stored").length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(60);
    const { lines } = await rig.jcs(...argv);
    expect(lines.at(-1)).toMatchObject({ stored: 60 - done, unchanged: done });
    await rig.jcs("get", `many/${signal}`, `${tree} back`);
    for (let index = 0; index < 60; index++)
      expect(
        Buffer.compare(readFileSync(join(`${tree} back`, `${index}`)), sampleBytes(MIB + index, index)),
      ).toBe(0);
  });

  test("ends a probe, of which nothing stays on the space", async () => {
    const [disk = ""] = disks;
    const { child, ended } = rig.start(["space", "probe", disk]);
    await once(child.stdout!, "data");
    child.kill(signal);
    const { status, stderr } = await ended;
    expect(status, stderr).toBe(130);
    expect(stored().filter((file) => file.includes("/probe/"))).toEqual([]);
  });

  test("ends a test of spaces, of which nothing stays on them", async () => {
    const { child, ended } = rig.start(["space", "test", ...Array.from({ length: 50 }, () => disks).flat()]);
    await once(child.stdout!, "data");
    child.kill(signal);
    const { status, stderr } = await ended;
    expect(status, stderr).toBe(130);
    expect(stored().filter((file) => file.includes("/test/"))).toEqual([]);
  });

  test("ends a cat that nobody reads on", async () => {
    await rig.jcs("put", "--redundancy", "ec:4+2", "new", "stopped/p/read");
    const { child, ended } = await catHalfWay("stopped/p/read");
    child.kill(signal);
    child.stdout?.resume();
    expect(await ended).toMatchObject({ status: 130 });
    await expectGet(rig, "stopped/p/read", NEW);
  });
});

test("Ctrl-C again and again ends a put, and the next one stores", async () => {
  const { child, ended } = await putHalfWay("stopped/p/twice");
  const again = setInterval(() => child.kill("SIGINT"), 50);
  expect(await ended.finally(() => clearInterval(again))).toMatchObject({ status: 130 });
  expect(await rig.run(["stat", "stopped/p/twice"])).toMatchObject({ status: 4 });
  await rig.jcs("put", "--redundancy", "ec:4+2", "new", "stopped/p/twice");
  await expectGet(rig, "stopped/p/twice", NEW);
});

describe("kill -9", () => {
  test("in the middle of a probe leaves what the next one removes when it is old", async () => {
    const [disk = ""] = disks;
    const probes = () => stored().filter((file) => file.includes("/probe/"));
    const { child, ended } = rig.start(["space", "probe", disk]);
    await once(child.stdout!, "data");
    child.kill("SIGKILL");
    expect(await ended).toMatchObject({ status: null });
    expect(probes()).not.toEqual([]);
    await rig.jcs("space", "probe", disk);
    expect(probes(), "it might still be at work").not.toEqual([]);
    const folder = rig.path(disk, "jcs/probe");
    for (const name of readdirSync(folder)) {
      const longAgo = Date.now() - LEFTOVER_AGE_MS - 1000;
      renameSync(join(folder, name), join(folder, name.replace(/^\d+/, String(longAgo))));
    }
    await rig.jcs("space", "probe", disk);
    expect(probes()).toEqual([]);
  });

  test("in the middle of a put leaves the old object, and the path can be written again at once", async () => {
    await rig.jcs("put", "--redundancy", "ec:4+2", "old", "killed/p/held");
    const { child, ended } = await putHalfWay("killed/p/held");
    child.kill("SIGKILL");
    expect(await ended).toMatchObject({ status: null });
    await expectGet(rig, "killed/p/held", OLD);
    await rig.jcs("put", "--redundancy", "ec:4+2", "new", "killed/p/held");
    await expectGet(rig, "killed/p/held", NEW);
  });

  test("at any moment of a put leaves the old object or the new one, whole", {
    timeout: 90_000,
  }, async () => {
    const startedMs = performance.now();
    await rig.jcs("put", "--redundancy", "ec:4+2", "new", "killed/p/random");
    const putMs = performance.now() - startedMs;
    let current = "new";
    let killed = 0;
    for (let round = 0; round < KILLS; round++) {
      const next = current === "new" ? "old" : "new";
      const { child, ended } = rig.start(["put", "--redundancy", "ec:4+2", next, "killed/p/random"]);
      const afterMs = Math.random() * putMs * 1.1;
      const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
      const { status } = await ended;
      clearTimeout(timer);
      if (status === null) killed++;
      const { stdout } = await rig.jcs("cat", "killed/p/random");
      const found = [OLD, NEW].findIndex((bytes) => Buffer.compare(bytes, stdout) === 0);
      expect(found, `neither object after a kill at ${afterMs} ms`).not.toBe(-1);
      const name = ["old", "new"][found]!;
      if (status === 0) expect(name).toBe(next);
      else expect([current, next]).toContain(name);
      current = name;
    }
    expect(killed, "no put was killed in time").toBeGreaterThan(0);
  });

  test("of one put does not stop those of others that go on", async () => {
    const dying = await putHalfWay("killed/p/dying");
    const living = await putHalfWay("killed/p/living");
    dying.child.kill("SIGKILL");
    living.child.stdin?.end(NEW.subarray(12 * MIB));
    expect(await living.ended).toMatchObject({ status: 0 });
    await expectGet(rig, "killed/p/living", NEW);
    expect(await rig.run(["stat", "killed/p/dying"])).toMatchObject({ status: 4 });
  });

  test("of a get leaves no file under its name", async () => {
    await rig.jcs("put", "--redundancy", "ec:4+2", "new", "killed/p/got");
    const directory = rig.path("killed get");
    mkdirSync(directory);
    const { child, ended } = rig.start(["get", "killed/p/got", join(directory, "it")]);
    await until(() => readdirSync(directory).some((name) => statSync(join(directory, name)).size > 0));
    child.kill("SIGKILL");
    const { status } = await ended;
    if (status === null) expect(readdirSync(directory)).not.toContain("it");
    await rig.jcs("get", "--overwrite", "always", "killed/p/got", join(directory, "it"));
    expect(Buffer.compare(readFileSync(join(directory, "it")), NEW)).toBe(0);
  });
});

requireServer("radosgw")("Ctrl-C while a cloud hangs", () => {
  let proxy: FaultProxy;

  beforeAll(async () => {
    const server = await radosgw();
    proxy = await startFaultProxy(server.port);
    const credential = `hmac:${server.accessKey}:${server.secretKey}`;
    const bucket = await createBucket(server);
    await rig.jcs(
      "space",
      "add",
      "cloud",
      `s3://${bucket}?endpoint=http:127.0.0.1:${proxy.port}&credential=${credential}`,
    );
    await rig.jcs("put", "--redundancy", "none", "--spaces", "cloud", "new", "hanging/p/x");
  });
  afterAll(() => proxy?.close());

  test("ends a get at once: status 130, nothing half-written", async () => {
    const directory = rig.path("hanging");
    mkdirSync(directory);
    await proxy.set({ kind: "hang", afterBytes: 3 * MIB });
    const { child, ended } = rig.start(["get", "hanging/p/x", join(directory, "it")]);
    await until(() => readdirSync(directory).some((name) => statSync(join(directory, name)).size > 0));
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ status: 130 });
    expect(readdirSync(directory)).toEqual([]);
    await proxy.set({ kind: "none" });
    await expectGet(rig, "hanging/p/x", NEW);
  });

  test("ends a put at once: status 130, and there is no object", async () => {
    await proxy.set({ kind: "hang", afterBytes: 0 });
    const { child, ended } = rig.start([
      "put",
      "--redundancy",
      "none",
      "--spaces",
      "cloud",
      "new",
      "hanging/p/y",
    ]);
    await until(() => proxy.openConnections() > 0);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ status: 130 });
    await proxy.set({ kind: "none" });
    expect(await rig.run(["stat", "hanging/p/y"])).toMatchObject({ status: 4 });
    await rig.jcs("put", "--redundancy", "none", "--spaces", "cloud", "new", "hanging/p/y");
    expect((await blocksOf(rig, "hanging/p/y")).map(({ space }) => space)).toEqual(["cloud"]);
  });
});
