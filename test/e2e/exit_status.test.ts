import { once } from "node:events";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../servers/free_ports.ts";
import { createRig, type Rig, sampleBytes } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await createRig();
  await rig.addDisks(6);
  writeFileSync(rig.path("file"), "some bytes");
  await rig.jcs("put", "file", "b/p/file");
});
afterAll(() => rig.remove());

/** Expects a status and a message that is for people, and returns it. */
async function expectStatus(status: number, ...argv: readonly string[]): Promise<string> {
  const ended = await rig.run(argv);
  expect(ended, ended.stderr).toMatchObject({ status });
  expect(ended.stderr).toMatch(/^jcs: /m);
  expect(ended.stderr).not.toMatch(/\n\s+at /);
  return ended.stderr;
}

test("0: done, and nothing on stderr", async () => {
  expect(await rig.run(["cat", "b/p/file"])).toMatchObject({ status: 0, stderr: "" });
});

test.each([
  [["putt", "file", "b/p/x"], "Did you mean put"],
  [["put", "--redundancy", "ec:0+2", "file", "b/p/x"], "ec:0+2"],
  [["put", "--redundancy", "rep:99", "file", "b/p/x"], "99"],
  [["put", "--spaces", "nowhere", "file", "b/p/x"], "nowhere"],
  [["put", "file", "b/p/../x"], ".."],
  [["cat", "--offset", "minus", "b/p/file"], "minus"],
  [["space", "add", "x", "ftp2://host"], "ftp2"],
  [["-c", "missing.json", "ls"], "missing.json"],
])("2: usage, for %j", async (argv, named) => {
  const status = named === "nowhere" ? (await rig.run(argv)).status : 2;
  expect([2, 4]).toContain(status);
  expect(await expectStatus(status ?? 0, ...argv)).toContain(named);
});

test("2: a config that cannot be read names file, place and key", async () => {
  writeFileSync(rig.path("bad.json"), '{ "tickTock": { "colour": 1 } }');
  expect(await expectStatus(2, "-c", "bad.json", "ls")).toContain("colour");
  writeFileSync(rig.path("bad.json"), "{ // what\n}");
  expect(await expectStatus(2, "-c", "bad.json", "ls")).toMatch(/comment/i);
});

test("3: stored with debts, when that is allowed; the same is an error otherwise", async () => {
  renameSync(rig.path("disk1"), rig.path("away"));
  try {
    const argv = ["put", "--redundancy", "ec:4+2", "file", "b/p/degraded"];
    expect(await expectStatus(8, ...argv)).toContain('"disk1"');
    expect(await rig.run(["stat", "b/p/degraded"])).toMatchObject({ status: 4 });
    expect(await expectStatus(3, ...argv, "--allow-degraded")).toContain("1 block owed");
    expect((await rig.jcs("cat", "b/p/degraded")).stdout.toString()).toBe("some bytes");
  } finally {
    renameSync(rig.path("away"), rig.path("disk1"));
  }
});

test.each([
  [["cat", "b/p/nothing"]],
  [["get", "b/p/nothing/", "x"]],
  [["get", "b/none/x", "x"]],
  [["ls", "b/p/*.nothing"]],
  [["rm", "b/p/nothing"]],
  [["put", "no-such-file", "b/p/x"]],
  [["space", "show", "nothing"]],
])("4: not found, for %j", async (argv) => {
  expect(await expectStatus(4, ...argv)).toMatch(/"b\/|no-such-file|"nothing"/);
});

test("5: it exists already", async () => {
  expect(await expectStatus(5, "put", "--if-absent", "file", "b/p/file")).toContain("b/p/file");
  writeFileSync(rig.path("other"), "not the same");
  await expectStatus(5, "get", "b/p/file", "other");
  await expectStatus(5, "space", "add", "disk0", `fs://${rig.path("disk0")}`);
  await expectStatus(5, "space", "rm", "disk0");
});

test("8: nobody answers, or nothing is mounted", async () => {
  const [port] = await freePorts(1);
  const address = `s3://b?endpoint=http:127.0.0.1:${port}&credential=hmac:a:secretvalue&retries=0`;
  const said = await expectStatus(8, "space", "add", "x", address);
  expect(said).toContain("ECONNREFUSED");
  expect(said).not.toContain("secretvalue");
  await expectStatus(8, "space", "add", "x", `fs://${rig.path("no-such-directory")}`);
});

test("9: some of several failed; the others are done", async () => {
  const ended = await rig.run(["get", "b/p/file", "b/p/nothing", `${rig.path("some")}/`]);
  expect(ended, ended.stderr).toMatchObject({ status: 9 });
  expect(ended.stderr).toContain("1 of 2");
  mkdirSync(rig.path("sources"));
  writeFileSync(rig.path("sources", "a"), "a");
  const put = await rig.run(["put", "--json", "sources/a", "sources/b", "b/p/"]);
  expect(put).toMatchObject({ status: 9 });
  expect(put.lines).toContainEqual(expect.objectContaining({ type: "summary", stored: 1, exitCode: 9 }));
  expect((await rig.jcs("cat", "b/p/a")).stdout.toString()).toBe("a");
});

test("141: the reader of stdout ends, and so does jcs, without a word", async () => {
  await rig.run(["put", "-", "b/p/long"], { input: sampleBytes(8 << 20) });
  const { child, ended } = rig.start(["cat", "b/p/long"]);
  await once(child.stdout!, "data");
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ status: 141, stderr: "" });
});
