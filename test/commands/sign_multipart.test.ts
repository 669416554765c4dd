import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import cat from "../../commands/cat.ts";
import sign from "../../commands/sign.ts";
import type { Client } from "../../core/client.ts";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { openLocalClient } from "../../core/local_client.ts";
import { azurite, createContainer } from "../servers/azurite.ts";
import { createBucket, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { pattern } from "../suites/store_bench.ts";
import { runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const PARTS = [pattern(5 * 1024 * 1024, 1), pattern(5 * 1024 * 1024, 2), pattern(17, 3)];
const makeDirectory = temporaryDirectories();
let client: Client | undefined;
afterEach(() => client?.close());

const open = async (connection: string) => {
  const home = join(makeDirectory(), "home");
  mkdirSync(home);
  client = await openLocalClient({
    home,
    config: DEFAULT_CONFIG,
    environment: { JCS_SPACE_far: connection },
    onWarning: () => {},
  });
  return client;
};

interface Signed {
  readonly operation: string;
  readonly number?: number;
  readonly uploadId: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** Uploads the parts as somebody does who has nothing but the lines of the command. */
async function upload(lines: readonly Signed[]): Promise<void> {
  const tags = new Map<string, string>();
  for (const { operation, number = 0, method, url, headers, body } of lines) {
    if (operation === "abort") continue;
    const text = body?.replace(/\{etag:\d+\}/g, (place) => tags.get(place) ?? place);
    const bytes = operation === "part" ? new Uint8Array(PARTS[number - 1] ?? []) : text;
    const answer = await fetch(url, { method, headers, ...(bytes === undefined ? {} : { body: bytes }) });
    const said = await answer.text();
    expect(answer.ok, `${operation} ${said}`).toBe(true);
    tags.set(`{etag:${number}}`, answer.headers.get("etag") ?? "");
  }
}

async function checkUploads(connection: string): Promise<void> {
  const options = { client: await open(connection) };
  const lines = async (...argv: string[]) => {
    const run = await runCommand(sign, ["--json", ...argv], options);
    expect(run.stderr).toBe("");
    return run.json() as unknown as Signed[];
  };
  const first = await lines("--multipart", "3", "far:large file");
  expect(first.map(({ operation }) => operation).filter((name) => name !== "abort")).toEqual([
    ...["part", "part", "part"],
    ...["list", "complete"],
  ]);
  // Requests that were signed again serve the same upload.
  const again = await lines("--multipart", "3", "--upload", first[0]?.uploadId ?? "", "far:large file");
  await upload([...first.slice(0, 1), ...again.slice(1)]);
  const { bytes } = await runCommand(cat, ["far:large file"], options);
  expect(Buffer.compare(bytes, Buffer.concat(PARTS))).toBe(0);
  const text = await runCommand(sign, ["--multipart", "1", "far:a"], options);
  expect(text.stdout).toMatch(/^part 1 of upload \S+: PUT\nhttp:/);
  for (const argv of [
    ["--multipart", "0", "far:a"],
    ["--multipart", "x", "far:a"],
    ["--multipart", "1", "--for", "read", "far:a"],
    ["--upload", "x", "far:a"],
    ["--multipart", "1", "far:jcs/blocks/x"],
    ["--multipart", "60000", "far:a"],
  ]) {
    expect((await runCommand(sign, argv, options)).exitCode, argv.join(" ")).toBe(2);
  }
}

requireServer("radosgw")("sign --multipart on s3", () => {
  test("lets anybody upload parts", async () => {
    const server = await radosgw();
    const credential = `hmac:${server.accessKey}:${server.secretKey}`;
    await checkUploads(
      `s3://${await createBucket(server)}?endpoint=http:127.0.0.1:${server.port}&credential=${credential}`,
    );
  });
});

requireServer("azurite")("sign --multipart on azblob", () => {
  test("lets anybody upload parts", async () => {
    const server = await azurite();
    const credential = `hmac:${server.account}:${server.key}`;
    await checkUploads(
      `azblob://${await createContainer(server)}?endpoint=http:127.0.0.1:${server.port}&credential=${credential}`,
    );
  });
});

test("is refused where the service cannot, and nothing is begun", async () => {
  const options = { client: await open(`memory://sign-${Math.random()}`) };
  const run = await runCommand(sign, ["--multipart", "2", "far:a"], options);
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("cannot sign uploads in parts") });
});
