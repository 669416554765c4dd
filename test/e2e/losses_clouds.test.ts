import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fault, type FaultProxy, startFaultProxy } from "../servers/fault_proxy.ts";
import { startHttpInterceptor } from "../servers/http_interceptor.ts";
import { createBucket, type Radosgw, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { blocksOf, createRig, expectGet, expectNoGet, type Rig, sampleBytes, until } from "./rig.ts";

const BYTES = sampleBytes(9_449_529);
/** Shortest silence that jcs takes for a hang is that of the connection strings here, then one more try follows. */
const HANG_TIMEOUT_MS = 60_000;

requireServer("radosgw")("4+2 over three disks and three clouds", () => {
  let rig: Rig;
  let server: Radosgw;
  /** One cloud each: its bucket, and what stands between jcs and it. */
  const clouds = new Map<string, { readonly bucket: string; readonly proxy: FaultProxy }>();

  beforeAll(async () => {
    server = await radosgw();
    rig = await createRig();
    for (const name of ["cloud0", "cloud1", "cloud2"]) {
      const cloud = { bucket: await createBucket(server), proxy: await startFaultProxy(server.port) };
      clouds.set(name, cloud);
      await rig.jcs("space", "add", name, connection(cloud.bucket, cloud.proxy.port));
    }
    await rig.addDisks(3);
    writeFileSync(rig.path("file"), BYTES);
  });
  afterAll(async () => {
    for (const { proxy } of clouds.values()) await proxy.close();
    rig?.remove();
  });

  function connection(bucket: string, port: number, secret = server.secretKey): string {
    const limits = "retries=1&timeout=1s&idle_timeout=1s";
    return `s3://${bucket}/my/store?endpoint=http:127.0.0.1:${port}&credential=hmac:${server.accessKey}:${secret}&${limits}`;
  }

  async function put(scheme: string, address: string, ...more: readonly string[]): Promise<void> {
    await rig.jcs("put", "--redundancy", scheme, ...more, "file", address);
  }

  async function withFault(
    names: readonly string[],
    fault: Fault,
    work: () => Promise<unknown>,
  ): Promise<void> {
    for (const name of names) await clouds.get(name)?.proxy.set(fault);
    try {
      await work();
    } finally {
      for (const name of names) await clouds.get(name)?.proxy.set({ kind: "none" });
    }
  }

  async function s3<T>(work: (client: S3Client) => Promise<T>): Promise<T> {
    const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
    const client = new S3Client({
      endpoint: server.endpoint,
      region: "default",
      forcePathStyle: true,
      credentials,
    });
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }

  test("a tree goes in and comes out, every scheme", async () => {
    for (const scheme of ["none", "rep:2", "ec:2+1", "ec:4+2", "auto"]) {
      await put(scheme, `all/p/${scheme.replaceAll(/\W/g, "")}`);
      await expectGet(rig, `all/p/${scheme.replaceAll(/\W/g, "")}`, BYTES);
    }
    const spaces = (await blocksOf(rig, "all/p/auto")).map(({ space }) => space);
    expect(spaces.toSorted()).toEqual(["cloud0", "cloud1", "cloud2", "disk0", "disk1", "disk2"]);
  });

  test("an object much larger than a part goes up in parts", async () => {
    const big = sampleBytes(40_000_000, "big");
    writeFileSync(rig.path("big"), big);
    await rig.jcs("put", "--redundancy", "rep:2", "--spaces", "cloud0,cloud1", "big", "big/p/x");
    await expectGet(rig, "big/p/x", big);
  });

  describe("reading, while two clouds", () => {
    const hopeless: readonly (readonly [string, Fault])[] = [
      ["refuse every connection", { kind: "refuse" }],
      ["reset every connection at once", { kind: "reset", afterBytes: 0 }],
      ["close every connection within the header", { kind: "truncate", afterBytes: 100 }],
      ["hang at once", { kind: "hang", afterBytes: 0 }],
    ];
    const trickle: Fault = { kind: "trickle", bytes: 100, everyMs: 50 };
    const passing: readonly (readonly [string, Fault])[] = [
      ["reset every connection mid-body", { kind: "reset", afterBytes: 700_000 }],
      ["close every connection mid-body", { kind: "truncate", afterBytes: 700_000 }],
      ["hang mid-body", { kind: "hang", afterBytes: 700_000 }],
    ];

    beforeAll(async () => {
      // Until one of the two has data, which is then missed: a get does not notice that parity is gone.
      for (let holdsData = false; !holdsData; ) {
        await put("ec:4+2", "read/p/x");
        const blocks = await blocksOf(rig, "read/p/x");
        holdsData = blocks.some(
          ({ index, space }) => index < 4 && (space === "cloud0" || space === "cloud1"),
        );
      }
    });

    test.each([...hopeless, ["give only a trickle", trickle] as const])(
      "%s",
      { timeout: HANG_TIMEOUT_MS },
      async (_, fault) => {
        await withFault(["cloud0", "cloud1"], fault, async () => {
          expect(await expectGet(rig, "read/p/x", BYTES)).toContain("Working around block");
        });
      },
    );

    test.each(passing)("%s, which a new try may pass", { timeout: HANG_TIMEOUT_MS }, async (_, fault) => {
      await withFault(["cloud0", "cloud1"], fault, () => expectGet(rig, "read/p/x", BYTES));
    });

    test.each(hopeless)(
      "and a third %s: status 7, nothing at the target",
      { timeout: HANG_TIMEOUT_MS },
      async (_, fault) => {
        await withFault(["cloud0", "cloud1", "cloud2"], fault, () => expectNoGet(rig, "read/p/x", 7));
        expect(await expectGet(rig, "read/p/x", BYTES)).toBe("");
      },
    );
  });

  test("clouds that go away for good while their blocks are read", { timeout: HANG_TIMEOUT_MS }, async () => {
    await put("ec:4+2", "midway/p/x");
    // In order of their blocks, so that the first ones hold data.
    const holders = (await blocksOf(rig, "midway/p/x")).map(({ space }) => space);
    const inOrder = holders.filter((name) => clouds.has(name));
    for (const lost of [inOrder.slice(0, 2), inOrder]) {
      const directory = rig.path(`midway${lost.length}`);
      mkdirSync(directory);
      await withFault(lost, { kind: "hang", afterBytes: 1_500_000 }, async () => {
        const { ended } = rig.start(["get", "midway/p/x", join(directory, "it")]);
        // The first strip is there, so the get is in the middle of its stream.
        await until(() => readdirSync(directory).some((name) => statSync(join(directory, name)).size > 0));
        for (const name of lost) await clouds.get(name)?.proxy.set({ kind: "refuse" });
        const { status, stderr } = await ended;
        expect(status, stderr).toBe(lost.length > 2 ? 7 : 0);
        expect(stderr).toContain("Working around block");
      });
      if (lost.length > 2) expect(readdirSync(directory)).toEqual([]);
      else expect(Buffer.compare(readFileSync(join(directory, "it")), BYTES)).toBe(0);
    }
  });

  test("a cloud that answers 500 to every read", async () => {
    const bucket = await createBucket(server);
    let broken = false;
    const failing = { status: 500, body: "<Error><Code>InternalError</Code></Error>" };
    const proxy = await startHttpInterceptor(server.port, (line) =>
      broken && line.startsWith("GET") ? failing : "pass",
    );
    try {
      await rig.jcs("space", "add", "broken", connection(bucket, proxy.port));
      await put("rep:2", "answers/p/x", "--spaces", "broken,disk0");
      broken = true;
      expect(await rig.run(["space", "test", "broken"])).toMatchObject({ status: 8 });
      await expectGet(rig, "answers/p/x", BYTES);
      renameSync(rig.path("disk0"), rig.path("away"));
      expect(await expectNoGet(rig, "answers/p/x", 7)).toContain("500");
    } finally {
      renameSync(rig.path("away"), rig.path("disk0"));
      await rig.jcs("space", "rm", "--force", "broken");
      await proxy.close();
    }
  });

  test("blocks that are lost, damaged and swapped in the clouds", async () => {
    await put("ec:4+2", "damaged/p/x");
    const blocks = (await blocksOf(rig, "damaged/p/x")).filter(({ space }) => clouds.has(space));
    const place = (index: number) => {
      const { space, path } = blocks[index]!;
      return { Bucket: clouds.get(space)?.bucket, Key: `my/store/${path}` };
    };
    await s3(async (client) => {
      await client.send(new DeleteObjectCommand(place(0)));
      const answer = await client.send(new GetObjectCommand(place(1)));
      const content = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      content[1_000_000]! ^= 1;
      await client.send(new PutObjectCommand({ ...place(1), Body: content }));
      const said = await expectGet(rig, "damaged/p/x", BYTES);
      expect(said).toContain(`Working around block`);
      await client.send(new PutObjectCommand({ ...place(2), Body: content }));
    });
    // The flipped byte is in one strip only, and there three are bad.
    expect(await expectNoGet(rig, "damaged/p/x", 7)).toContain("needed");
  });

  describe("writing, while a cloud", () => {
    const faults: readonly (readonly [string, Fault])[] = [
      ["refuses", { kind: "refuse" }],
      ["resets", { kind: "reset", afterBytes: 0 }],
      ["hangs", { kind: "hang", afterBytes: 0 }],
    ];

    test.each(faults)(
      "%s, another space takes over, or it is an error",
      { timeout: HANG_TIMEOUT_MS },
      (name, fault) =>
        withFault(["cloud0"], fault, async () => {
          await put("ec:2+1", `write/p/${name}`, "--spaces", "cloud0,cloud1,disk0,disk1");
          const spaces = (await blocksOf(rig, `write/p/${name}`)).map(({ space }) => space);
          expect(spaces).not.toContain("cloud0");
          await expectGet(rig, `write/p/${name}`, BYTES);
          const failed = await rig.run(["put", "--redundancy", "ec:4+2", "file", "write/p/none"]);
          expect(failed, failed.stderr).toMatchObject({ status: 8 });
          expect(failed.stderr).toContain('"cloud0"');
          expect(await rig.run(["stat", "write/p/none"])).toMatchObject({ status: 4 });
        }),
    );
  });

  test("a wrong secret is refused when the space is added, and when it turns wrong later is one lost space", async () => {
    const bucket = await createBucket(server);
    const wrong = connection(bucket, server.port, "not-the-secret");
    const added = await rig.run(["space", "add", "wrong", wrong]);
    expect(added, added.stderr).toMatchObject({ status: 6 });
    expect(added.stderr).not.toContain("not-the-secret");
    expect((await rig.jcs("space", "ls", "--json")).lines.map((line) => line["name"])).not.toContain("wrong");

    await put("ec:2+1", "wrong/p/x", "--spaces", "cloud0,cloud1,disk0");
    const environment = { JCS_SPACE_cloud0: connection(bucket, server.port, "not-the-secret") };
    const put6 = await rig.run(["put", "--redundancy", "none", "--spaces", "cloud0", "file", "wrong/p/y"], {
      environment,
    });
    expect(put6, put6.stderr).toMatchObject({ status: 6 });
    const cat = await rig.run(["cat", "wrong/p/x"], { environment });
    expect(cat, cat.stderr).toMatchObject({ status: 0 });
    expect(Buffer.compare(cat.stdout, BYTES)).toBe(0);
  });
});
