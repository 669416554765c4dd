import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBucket, type Radosgw, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { createRig, type Ended, filesBelow, type Rig, sampleBytes } from "./rig.ts";

requireServer("radosgw")("a literal secret of a cloud", () => {
  let rig: Rig;
  let server: Radosgw;
  let bucket: string;
  const outputs: string[] = [];

  function connection(secret = server.secretKey, bucketName = bucket): string {
    const credential = `hmac:${server.accessKey}:${secret}`;
    return `s3://${bucketName}/x?endpoint=http:127.0.0.1:${server.port}&credential=${credential}&retries=0`;
  }

  /** Runs jcs with everything that makes it talk, and keeps what it said. */
  async function tell(status: number, ...argv: readonly string[]): Promise<Ended> {
    let last: Ended | undefined;
    for (const more of [["-v"], ["-v", "--json"]]) {
      last = await rig.run([...argv, ...more]);
      outputs.push(last.stdout.toString("latin1"), last.stderr);
    }
    expect(last?.status, last?.stderr).toBe(status);
    return last!;
  }

  beforeAll(async () => {
    server = await radosgw();
    bucket = await createBucket(server);
    rig = await createRig();
    await rig.addDisks(1);
    writeFileSync(rig.path("file"), sampleBytes(100_000));
    writeFileSync(rig.path("connection"), `${connection()}\n`);
  });
  afterAll(() => rig?.remove());

  test("is nowhere: not in the home, not in the spaces, not in what jcs prints, whatever goes wrong", async () => {
    await rig.jcs("space", "add", "cloud", "@connection");
    await rig.jcs("put", "--redundancy", "rep:2", "file", "b/p/x");
    await tell(0, "space", "ls");
    await tell(0, "space", "show", "cloud");
    await tell(0, "space", "test", "cloud");
    await tell(0, "stat", "b/p/x");
    await tell(0, "plan", "get", "b/p/x");
    await tell(0, "plan", "put", "file", "b/p/y");
    await tell(0, "put", "file", "b/p/y");
    await tell(0, "get", "--overwrite", "always", "b/p/y", rig.path("back"));
    await tell(5, "space", "add", "cloud", connection());
    await tell(2, "space", "add", "other", `${connection()}&colour=red`);
    await tell(2, "space", "add", "other", `${connection()}&${server.secretKey}`);
    await tell(2, "space", "add", "other", connection().replace("s3:", "s4:"));
    await tell(8, "space", "add", "other", connection(server.secretKey, "no-such-bucket"));
    await tell(6, "space", "add", "other", connection(`${server.secretKey}0`));
    await tell(8, "space", "add", "other", connection().replace(`${server.port}`, "1"));

    expect(outputs.filter((output) => output.includes(server.secretKey))).toEqual([]);
    const found = [...filesBelow(rig.home), ...filesBelow(rig.path("disk0"))];
    expect(found).toContain("catalog.db");
    expect(found.some((file) => /[0-9a-f]{32}\.\d$/.test(file))).toBe(true);
    for (const root of [rig.home, rig.path("disk0")])
      for (const file of filesBelow(root)) {
        const content = readFileSync(join(root, file));
        expect(content.includes(server.secretKey), `the secret stands in ${file}`).toBe(false);
        expect(content.includes(Buffer.from(server.secretKey).toString("base64")), file).toBe(false);
      }
  });

  test("is sealed with a key that only its owner can read", async () => {
    const names = readdirSync(rig.home);
    expect(names).toContain("secret.key");
    for (const name of names)
      expect((statSync(join(rig.home, name)).mode & 0o077).toString(8), name).toBe("0");
    expect(statSync(rig.home).mode & 0o777).toBe(0o700);
  });

  test("that is a reference is read where it says, each time", async () => {
    writeFileSync(
      rig.path("credentials"),
      `[default]\naws_access_key_id=${server.accessKey}\naws_secret_access_key=${server.secretKey}\n`,
      { mode: 0o600 },
    );
    const referring = (credential: string) =>
      connection()
        .replace(/credential=[^&]*/, `credential=${credential}`)
        .replace("/x?", `/${credential.length}?`);
    await rig.jcs("space", "add", "by-file", referring(`file:${rig.path("credentials")}`));
    await rig.jcs("space", "test", "by-file");
    const environment = { AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey };
    const added = await rig.run(["space", "add", "by-env", referring("env")], { environment });
    expect(added, added.stderr).toMatchObject({ status: 0 });
    expect(await rig.run(["space", "test", "by-env"], { environment })).toMatchObject({ status: 0 });
    expect((await rig.run(["space", "test", "by-env"])).status).not.toBe(0);
    for (const file of filesBelow(rig.home))
      expect(readFileSync(join(rig.home, file)).includes(server.secretKey), file).toBe(false);
  });

  test("can be given by the environment for one run", async () => {
    const environment = { JCS_SPACE_ci: connection(server.secretKey).replace("/x?", "/ci?") };
    const put = await rig.run(["put", "--redundancy", "none", "--spaces", "ci", "file", "ci/p/x"], {
      environment,
    });
    expect(put, put.stderr).toMatchObject({ status: 0 });
    const listed = await rig.run(["space", "ls", "--json"], { environment });
    expect(listed.lines).toContainEqual(expect.objectContaining({ name: "ci", temporary: true }));
    expect(listed.stdout.toString()).not.toContain(server.secretKey);
    expect(
      Buffer.compare((await rig.run(["cat", "ci/p/x"], { environment })).stdout, sampleBytes(100_000)),
    ).toBe(0);
    const without = await rig.run(["cat", "ci/p/x"]);
    expect(without, without.stderr).toMatchObject({ status: 7 });
    expect(without.stderr).toContain("not configured");
  });
});
