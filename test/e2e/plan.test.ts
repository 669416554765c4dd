import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpInterceptor, startHttpInterceptor } from "../servers/http_interceptor.ts";
import { createBucket, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { blocksOf, createRig, type Rig, sampleBytes } from "./rig.ts";

const BYTES = sampleBytes(9_449_529);

requireServer("radosgw")("plans over disks and clouds", () => {
  let rig: Rig;
  let proxy: HttpInterceptor;

  beforeAll(async () => {
    const server = await radosgw();
    rig = await createRig();
    await rig.addDisks(3);
    proxy = await startHttpInterceptor(server.port, () => "pass");
    for (const name of ["cloud0", "cloud1", "cloud2"]) {
      const credential = `hmac:${server.accessKey}:${server.secretKey}`;
      const bucket = await createBucket(server);
      await rig.jcs(
        "space",
        "add",
        name,
        `s3://${bucket}?endpoint=http:127.0.0.1:${proxy.port}&credential=${credential}`,
      );
    }
    writeFileSync(rig.path("file"), BYTES);
    await rig.jcs("put", "--redundancy", "ec:4+2", "file", "b/p/x");
  });
  afterAll(async () => {
    await proxy?.close();
    rig?.remove();
  });

  /** What runs while `work` does. */
  async function requestsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    const before = proxy.requests.length;
    await work();
    return proxy.requests.slice(before);
  }

  const forms: readonly (readonly [string, RegExp])[] = [
    ["--text", /read block \d on "(disk|cloud)\d"/],
    ["--dot", /^digraph [\s\S]*->[\s\S]*\}\n$/],
    ["--mermaid", /^---\ntitle: "get b\/p\/x"\n---\nflowchart [\s\S]*-->/],
    ["--json", /^\{"type":"plan","command":"get","bucket":"b","package":"p","path":"x","plan":\{"ops":\[/],
  ];

  test.each(forms)("plan get %s shows it and asks no cloud", async (form, shows) => {
    const requests = await requestsOf(async () => {
      for (const more of [[], ["--before"], ["--offset", "5000000", "--length", "1"]])
        expect((await rig.jcs("plan", "get", form, ...more, "b/p/x")).stdout.toString()).toMatch(shows);
    });
    expect(requests).toEqual([]);
  });

  test("plan put shows it and stores nothing", async () => {
    const requests = await requestsOf(async () => {
      const { stdout } = await rig.jcs("plan", "put", "--redundancy", "ec:4+2", "file", "b/p/planned");
      expect(stdout.toString()).toMatch(/write block 5 /);
      await rig.jcs("plan", "put", "--redundancy", "rep:2", "--size", "1GiB", "-", "new/p/planned");
    });
    expect(requests).toEqual([]);
    expect(await rig.run(["stat", "b/p/planned"])).toMatchObject({ status: 4 });
    expect(await rig.run(["ls", "new"])).toMatchObject({ status: 4 });
  });

  test("a get reads the blocks that its plan names, and no others", async () => {
    const { stdout } = await rig.jcs("plan", "get", "b/p/x");
    const planned = [...stdout.toString().matchAll(/read block (\d) on/g)].map(([, index]) => Number(index));
    expect(planned.toSorted()).toEqual([0, 1, 2, 3]);
    const requests = await requestsOf(() => rig.jcs("cat", "b/p/x"));
    const read = (await blocksOf(rig, "b/p/x")).filter(({ path }) =>
      requests.some((line) => line.includes(path)),
    );
    const clouds = (await blocksOf(rig, "b/p/x")).filter(
      ({ space }, index) => /cloud/.test(space) && index < 4,
    );
    expect(read).toEqual(clouds);
  });

  test("--without plans around lost spaces, and fails when too many are", async () => {
    const spaces = (await blocksOf(rig, "b/p/x")).map(({ space }) => space);
    const { stdout } = await rig.jcs("plan", "get", "--without", `${spaces[0]},${spaces[2]}`, "b/p/x");
    for (const index of [1, 3, 4, 5])
      expect(stdout.toString()).toContain(`read block ${index} on "${spaces[index]}"`);
    expect(stdout.toString()).not.toMatch(/read block [02] /);
    const failed = await rig.run(["plan", "get", "--without", spaces.slice(0, 3).join(","), "b/p/x"]);
    expect(failed, failed.stderr).toMatchObject({ status: 7 });
  });

  test("redundancy show says what may still be lost", async () => {
    const { lines } = await rig.jcs("redundancy", "show", "--json", "b/p/x");
    expect(lines[0]).toMatchObject({
      type: "redundancy",
      needed: 4,
      missingBlocks: [],
      mayLose: { spaces: 2 },
    });
  });
});
