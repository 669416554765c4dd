import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import fetchCommand from "../../commands/fetch.ts";
import type { Client } from "../../core/client.ts";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { openLocalClient } from "../../core/local_client.ts";
import type { NativeClient } from "../../core/native_client.ts";
import { createNativeClient } from "../../core/objects/native_client.ts";
import { openStore } from "../../core/store/open_store.ts";
import { readAll } from "../suites/store_bench.ts";
import { runCommand } from "./run_command.ts";
import { temporaryDirectories } from "./temporary_directory.ts";

const makeDirectory = temporaryDirectories();
let root: string;
let client: Client;
let server: Server;
let url: string;

beforeEach(async () => {
  root = makeDirectory();
  for (const name of ["home", "disk/jcs"]) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, "disk/old"), "old");
  client = await openLocalClient({
    home: join(root, "home"),
    config: DEFAULT_CONFIG,
    environment: { JCS_SPACE_disk: `fs://${root}/disk` },
    onWarning: () => {},
  });
  server = createServer((request, answer) => {
    answer.writeHead(request.url?.startsWith("/missing") ? 404 : 200);
    answer.end(`content of ${request.url}`);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const run = (...argv: readonly string[]) => runCommand(fetchCommand, argv, { client, directory: root });
const disk = (path: string) => readFileSync(join(root, "disk", path), "utf8");

test("stores a URL under a name, or under its own", async () => {
  const named = await run("--json", `${url}/a%20b?key=1`, "disk:old");
  expect(named).toMatchObject({ exitCode: 0, stderr: "" });
  expect(named.json()).toMatchObject([{ type: "fetch", space: "disk", path: "old", size: 23, inside: true }]);
  expect(disk("old")).toBe("content of /a%20b?key=1");
  expect(await run(`${url}/deep/a%20b`, "disk:new/")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(disk("new/a b")).toBe("content of /deep/a%20b");
});

test("leaves the old file alone when anything fails, and shows no signature", async () => {
  const failed = await run(`${url}/missing?signature=secret`, "disk:old");
  expect(failed.exitCode).toBe(4);
  expect(failed.stderr).toContain("status 404");
  expect(failed.stderr).not.toContain("secret");
  for (const [source, target] of [
    ["file:///etc/passwd", "disk:old"],
    [`${url}/x`, "bucket/package/x"],
    [`${url}/x`, "disk:jcs/blocks/x"],
    [`${url}/`, "disk:new/"],
    [`${url}/..%2fup`, "disk:new/"],
  ] as const) {
    expect((await run(source, target)).exitCode, target).toBe(2);
  }
  expect(disk("old")).toBe("old");
  expect(existsSync(join(root, "disk/up"))).toBe(false);
});

test("the bytes pass here where the service cannot fetch", async () => {
  const { fetch: _, ...plain } = await openStore(`memory://fetch-${Math.random()}`, { environment: {} });
  const spaces = { find: async () => ({}), list: async () => [], open: async () => plain };
  const native = createNativeClient({ spaces } as unknown as Parameters<typeof createNativeClient>[0], {
    placeOf: async (connection) => connection,
  });
  const { how, meta }: Awaited<ReturnType<NativeClient["fetch"]>> = await native.fetch(
    { space: "any", path: "a" },
    `${url}/x`,
  );
  expect([how, meta.size]).toEqual(["through", 13]);
  expect(Buffer.from(await readAll(plain, "a")).toString()).toBe("content of /x");
});
