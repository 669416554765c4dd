import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import cat from "../../commands/cat.ts";
import type { Command } from "../../commands/command.ts";
import get from "../../commands/get.ts";
import put from "../../commands/put.ts";
import tee from "../../commands/tee.ts";
import type { Client } from "../../core/client.ts";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { openLocalClient } from "../../core/local_client.ts";
import { type FakeOnedrive, startFakeOnedrive } from "../servers/fake_onedrive.ts";
import { pattern } from "../suites/store_bench.ts";
import { runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

// OneDrive wants to know the length of what is longer than one part, and a pipe has none.
const makeDirectory = temporaryDirectories();
const CHUNKS = Array.from({ length: 24 }, (_, seed) => pattern(1024 * 1024 - seed, seed));
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const WANTED = hashOf(Buffer.concat(CHUNKS));

let fakes: FakeOnedrive[];
let client: Client;
let directory: string;
beforeEach(async () => {
  directory = makeDirectory();
  mkdirSync(join(directory, "home"));
  fakes = await Promise.all(Array.from({ length: 3 }, () => startFakeOnedrive({ kind: "personal" })));
  const spaces = fakes.map((fake, index) => {
    const login = Buffer.from(fake.login).toString("base64");
    const server = `endpoint=http:127.0.0.1:${fake.port}&token_url=${fake.tokens.url}&part_size=1280KiB`;
    return [`JCS_SPACE_drive${index}`, `onedrive:///space?${server}&credential=base64:${login}`];
  });
  client = await openLocalClient({
    home: join(directory, "home"),
    config: DEFAULT_CONFIG,
    environment: Object.fromEntries(spaces),
    onWarning: () => {},
  });
});
afterEach(async () => {
  await client.close();
  for (const fake of fakes) await fake.close();
});

async function ok(command: Command, ...argv: readonly string[]) {
  async function* stdin() {
    yield* CHUNKS;
  }
  const result = await runCommand(command, argv, { client, directory, stdin: stdin() });
  expect(result).toMatchObject({ stderr: "", exitCode: 0 });
  return result;
}

test("put and tee store a pipe in a space that wants its length", async () => {
  await ok(put, "-", "drive0:put");
  expect(hashOf((await ok(cat, "drive0:put")).bytes)).toBe(WANTED);
  expect(hashOf((await ok(tee, "drive0:tee")).bytes)).toBe(WANTED);
  expect(hashOf((await ok(cat, "drive0:tee")).bytes)).toBe(WANTED);
});

test("put spreads a pipe over spaces that want lengths", async () => {
  await ok(put, "--redundancy", "ec:2+1", "-", "b/p/pipe");
  expect(fakes.map((fake) => fake.files().length)).toEqual([1, 1, 1]);
  await ok(get, "b/p/pipe", "file");
  expect(hashOf(readFileSync(join(directory, "file")))).toBe(WANTED);
});
