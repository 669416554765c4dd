import { beforeEach, describe, expect, it } from "vitest";
import bucket from "../../commands/bucket.ts";
import packageCommand from "../../commands/package.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  await storeObject(client, "b/p/x");
});

const runBucket = (...argv: readonly string[]) => runCommand(bucket, argv, { client });
const runPackage = (...argv: readonly string[]) => runCommand(packageCommand, argv, { client });

describe("bucket", () => {
  it("creates, lists and removes", async () => {
    expect((await runBucket("create", "new")).stdout).toBe('Created bucket "new"\n');
    expect((await runBucket("create", "new")).exitCode).toBe(5);
    expect((await runBucket("ls", "--json")).json()).toMatchObject([
      { type: "bucket", bucket: "b" },
      { type: "bucket", bucket: "new" },
      { type: "summary", buckets: 2 },
    ]);
    expect((await runBucket("ls")).stdout).toMatch(/^BUCKET +CREATED\nb +1970/);
    expect((await runBucket("rm", "new")).exitCode).toBe(0);
    expect((await runBucket("rm", "new")).exitCode).toBe(4);
  });

  it("removes one with content only with -r", async () => {
    expect((await runBucket("rm", "b")).exitCode).toBe(5);
    expect(client.objects.size).toBe(1);
    expect((await runBucket("rm", "-r", "b")).exitCode).toBe(0);
    expect(client.objects.size).toBe(0);
  });

  it.each(["", "a/b", "a:b", "..", " a"])("refuses the name %j", async (name) => {
    expect((await runBucket("create", name)).exitCode).toBe(2);
  });
});

describe("package", () => {
  it("creates, lists and removes", async () => {
    expect((await runPackage("create", "b/new")).stdout).toBe('Created package "b/new"\n');
    expect((await runPackage("create", "b/new")).exitCode).toBe(5);
    expect((await runPackage("create", "none/new")).exitCode).toBe(4);
    expect((await runPackage("ls", "--json", "b")).json()).toMatchObject([
      { type: "package", bucket: "b", package: "new" },
      { type: "package", bucket: "b", package: "p" },
      { type: "summary", packages: 2 },
    ]);
    expect((await runPackage("ls", "none")).exitCode).toBe(4);
    expect((await runPackage("rm", "b/new")).exitCode).toBe(0);
    expect((await runPackage("rm", "b/p")).exitCode).toBe(5);
    expect((await runPackage("rm", "--recursive", "b/p")).exitCode).toBe(0);
    expect(client.objects.size).toBe(0);
  });

  it("clones", async () => {
    expect((await runPackage("clone", "b/p", "b/copy")).stdout).toBe('Cloned "b/p" to "b/copy"\n');
    expect([...client.objects.keys()]).toEqual(["b/p/x", "b/copy/x"]);
    expect((await runPackage("clone", "b/p", "b/copy")).exitCode).toBe(5);
  });

  it.each(["b", "b/p/x", "./b/p", "s:b/p"])("refuses %j", async (text) => {
    expect((await runPackage("create", text)).exitCode).toBe(2);
  });
});
