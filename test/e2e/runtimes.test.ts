import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../cli/spawn_program.ts";
import { createBucket, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { executable, hasDeno, ON_BUN, ON_DENO, type Program } from "./program.ts";
import { blockFiles, createRig, expectGet, expectNoGet, fingerprint, type Rig, sampleBytes } from "./rig.ts";

const BYTES = sampleBytes(9_449_529);

function onDeno(title: string, body: () => void): void {
  if (hasDeno()) return void describe(title, body);
  if (process.env["CI"] === "true") throw new Error(`Cannot run "${title}": deno is not installed`);
  describe.skipIf(true)(`${title} [deno is not installed]`, body);
}

function testOn(name: string, program: Program): void {
  let rig: Rig;

  beforeAll(async () => {
    rig = await createRig({ program });
    await rig.addDisks(6);
    mkdirSync(rig.path("tree", "deep er"), { recursive: true });
    for (const size of [0, 1, 65_536, BYTES.length])
      writeFileSync(rig.path("tree", "deep er", `f ${size}`), BYTES.subarray(0, size));
  });
  afterAll(() => rig.remove());

  test.each(["none", "rep:2", "ec:4+2", "auto"])(
    `${name} stores a tree %s and gives it back`,
    async (scheme) => {
      await rig.jcs("put", "--redundancy", scheme, "tree", `b/${scheme.replaceAll(/\W/g, "")}`);
      await rig.jcs("get", `b/${scheme.replaceAll(/\W/g, "")}/tree/`, `back ${scheme}`);
      expect(fingerprint(rig.path(`back ${scheme}`))).toEqual(fingerprint(rig.path("tree")));
    },
  );

  test(`${name} pipes stdin to stdout`, async () => {
    const put = await rig.run(["put", "--redundancy", "ec:4+2", "-", "b/p/piped"], { input: BYTES });
    expect(put, put.stderr).toMatchObject({ status: 0 });
    expect(Buffer.compare((await rig.jcs("cat", "b/p/piped")).stdout, BYTES)).toBe(0);
    const part = await rig.jcs("cat", "--offset", "4000000", "--length", "1000000", "b/p/piped");
    expect(Buffer.compare(part.stdout, BYTES.subarray(4_000_000, 5_000_000))).toBe(0);
  });

  test(`${name} reads around two lost spaces, and fails with three`, async () => {
    await rig.jcs("put", "--redundancy", "ec:4+2", "tree/deep er/f 9449529", "b/p/x");
    const files = await blockFiles(rig, "b/p/x");
    renameSync(files[0]!, `${files[0]}.away`);
    truncateSync(files[3]!, 1_000_000);
    const said = await expectGet(rig, "b/p/x", BYTES);
    expect(said).toContain("Working around block 0");
    expect(said).toContain("Working around block 3");
    renameSync(files[1]!, `${files[1]}.away`);
    await expectNoGet(rig, "b/p/x", 7);
  });

  test(`${name} says what is wrong, with the status of the table`, async () => {
    expect(await rig.run(["cat", "b/p/nothing"])).toMatchObject({ status: 4 });
    expect(await rig.run(["putt"])).toMatchObject({ status: 2 });
    const failed = await rig.run(["stat", "--json", "b/p/nothing"]);
    expect(failed.lines).toContainEqual(expect.objectContaining({ type: "error", kind: "NotFound" }));
  });

  test(`${name} reads what the executable stored, and the other way round`, async () => {
    const compiled = await executable();
    await rig.run(["put", "tree/deep er/f 65536", "b/p/ours"]);
    const theirs = await rig.run(["put", "tree/deep er/f 65536", "b/p/theirs"], { program: compiled });
    expect(theirs, theirs.stderr).toMatchObject({ status: 0 });
    expect(Buffer.compare((await rig.jcs("cat", "b/p/theirs")).stdout, BYTES.subarray(0, 65_536))).toBe(0);
    const ours = await rig.run(["cat", "b/p/ours"], { program: compiled });
    expect(Buffer.compare(ours.stdout, BYTES.subarray(0, 65_536))).toBe(0);
  });

  requireServer("radosgw")(`${name} and a cloud`, () => {
    test("stores there and reads it back", async () => {
      const server = await radosgw();
      const credential = `hmac:${server.accessKey}:${server.secretKey}`;
      const endpoint = `http:127.0.0.1:${server.port}`;
      const bucket = await createBucket(server);
      await rig.jcs("space", "add", "cloud", `s3://${bucket}?endpoint=${endpoint}&credential=${credential}`);
      await rig.jcs(
        "put",
        "--redundancy",
        "none",
        "--spaces",
        "cloud",
        "tree/deep er/f 9449529",
        "b/p/cloud",
      );
      await expectGet(rig, "b/p/cloud", BYTES);
    });
  });
}

describe("the sources on Bun", () => testOn("bun", ON_BUN));
onDeno("the sources on Deno", () => {
  testOn("deno", ON_DENO);

  test("deno task jcs", () => {
    const [deno] = ON_DENO;
    const { status, stdout } = spawnSync(deno, ["task", "--quiet", "jcs", "version", "--json"], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ runtime: expect.stringMatching(/deno/i) });
  });
});
