import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSecretKey, readSecretKey } from "../../../core/secrets/secret_key.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jcs-key-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("the key is made at the first need, for its owner only, and stays the same", async () => {
  const home = join(directory, "home");
  const key = await openSecretKey(home);
  expect(key).toHaveLength(32);
  expect(statSync(join(home, "secret.key")).mode & 0o777).toBe(0o600);
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(Buffer.from(await openSecretKey(home)).equals(key)).toBe(true);
  expect(readdirSync(home)).toEqual(["secret.key"]);
});

test("many that need it at the same time get the same", async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => openSecretKey(directory)));
  expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
});

test.each([0o640, 0o604, 0o660])("mode %o is refused, with the way out", async (mode) => {
  await openSecretKey(directory);
  chmodSync(join(directory, "secret.key"), mode);
  await expect(openSecretKey(directory)).rejects.toMatchObject({
    kind: "Config",
    message: expect.stringContaining(`chmod 600 "${join(directory, "secret.key")}"`),
  });
});

test("a damaged key is refused and not replaced", async () => {
  writeFileSync(join(directory, "secret.key"), "short", { mode: 0o600 });
  await expect(openSecretKey(directory)).rejects.toMatchObject({
    kind: "Config",
    message: expect.stringContaining("5 bytes instead of 32"),
  });
  expect(statSync(join(directory, "secret.key")).size).toBe(5);
});

test("a home that cannot be made is an error", async () => {
  writeFileSync(join(directory, "file"), "");
  await expect(openSecretKey(join(directory, "file", "home"))).rejects.toMatchObject({ kind: "Config" });
});

test("a key that is needed and lost is not replaced by a new one", async () => {
  await expect(readSecretKey(directory)).rejects.toMatchObject({
    kind: "Config",
    message: `Cannot open a secret: there is no key "${join(directory, "secret.key")}". Put it back from a copy, or give the spaces their credentials again`,
  });
  expect(readdirSync(directory)).toEqual([]);
  const key = await openSecretKey(directory);
  expect(Buffer.from(await readSecretKey(directory)).equals(key)).toBe(true);
});
