import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sftpConnection } from "../servers/open_sftp.ts";
import { createSftpRoot, openssh } from "../servers/openssh.ts";
import { createBucket, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { createRig, fingerprint, type Rig, sampleBytes } from "./rig.ts";

requireServer("radosgw")("files of an S3 bucket", () => {
  requireServer("openssh")("and of an SFTP server", twoSpaces);
});

function twoSpaces(): void {
  let rig: Rig;
  let tree: Readonly<Record<string, string>>;

  beforeAll(async () => {
    rig = await createRig();
    const s3 = await radosgw();
    const ssh = await openssh();
    const credential = `hmac:${s3.accessKey}:${s3.secretKey}`;
    const bucket = await createBucket(s3);
    await rig.jcs(
      "space",
      "add",
      "s3",
      `s3://${bucket}/files?endpoint=http:127.0.0.1:${s3.port}&credential=${credential}`,
    );
    await rig.jcs("space", "add", "ssh", sftpConnection(ssh, await createSftpRoot(ssh)));
    const past = new Date(Date.now() - 3_600_000);
    for (let number = 0; number < 60; number++) {
      const file = rig.path("tree", `d${number % 7}`, number % 2 ? "deep er/ü" : "", `file ${number}`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, sampleBytes(number === 5 ? 9_000_000 : number * 100, number));
      utimesSync(file, past, past);
    }
    tree = fingerprint(rig.path("tree"));
  });
  afterAll(() => rig?.remove());

  const summary = async (...argv: readonly string[]) => (await rig.jcs("--json", ...argv)).lines.at(-1);

  test("a tree goes up, across, and down again, and only what is new goes a second time", async () => {
    for (const space of ["s3", "ssh"]) {
      expect(await summary("put", "tree", `${space}:`), space).toMatchObject({ stored: 60, failed: 0 });
      const again = await summary("put", "--skip-unchanged", "tree", `${space}:`);
      expect(again, space).toMatchObject({ stored: 0, unchanged: 60 });
      await rig.jcs("get", `${space}:tree/`, rig.path(`from-${space}`));
      expect(fingerprint(rig.path(`from-${space}`)), space).toEqual(tree);
      const fetched = await summary("get", `${space}:tree/`, rig.path(`from-${space}`));
      expect(fetched, space).toMatchObject({ written: 0, unchanged: 60 });
    }
    expect(await summary("cp", "-r", "s3:tree/", "ssh:copied")).toMatchObject({ copied: 60, failed: 0 });
    const copies = await summary("cp", "-r", "--skip-unchanged", "s3:tree/", "ssh:copied");
    expect(copies).toMatchObject({ copied: 0, unchanged: 60 });
    await rig.jcs("get", "ssh:copied/", rig.path("copied"));
    expect(fingerprint(rig.path("copied"))).toEqual(tree);
  });

  test("a tree is moved inside a service and to another one, and removed", async () => {
    await rig.jcs("put", "tree/.", "s3:moving/");
    const inside = (await rig.jcs("--json", "mv", "s3:moving", "s3:moved")).lines;
    expect(inside.filter((line) => line["inside"] === true)).toHaveLength(60);
    expect(await summary("mv", "s3:moved", "ssh:moved")).toMatchObject({ moved: 60, failed: 0 });
    expect((await rig.run(["ls", "s3:moved/"])).status).toBe(4);
    await rig.jcs("mv", "ssh:moved", "ssh:there");
    await rig.jcs("get", "ssh:there/**", rig.path("there"));
    expect(fingerprint(rig.path("there"))).toEqual(tree);
    expect((await rig.run(["ls", "ssh:moved/"])).status).toBe(4);
    await rig.jcs("rm", "-r", "ssh:there");
    expect((await rig.run(["stat", "ssh:there"])).status).toBe(4);
  });

  test("an interrupted get leaves whole files only, and what was interrupted can be done again", async () => {
    await rig.jcs("put", "tree/.", "s3:interrupted/");
    const run = rig.start(["--json", "--bandwidth", "2MiB", "get", "s3:interrupted/", "part"]);
    await new Promise<void>((resolve) => run.child.stdout?.once("data", () => resolve()));
    run.child.kill("SIGINT");
    expect((await run.ended).status).toBe(130);
    const part = fingerprint(rig.path("part"));
    for (const [name, hash] of Object.entries(part)) expect(hash, name).toBe(tree[name]);
    expect(readdirSync(rig.path("part"), { recursive: true }).join()).not.toContain(".jcs-partial");
    await rig.jcs("get", "s3:interrupted/", "part");
    expect(fingerprint(rig.path("part"))).toEqual(tree);
  });
}
