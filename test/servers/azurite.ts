import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { azblob } from "../../core/store/services/azblob.ts";
import type { Store } from "../../core/store/store.ts";
import { freePorts } from "./free_ports.ts";
import { noteProcess, sharedServer } from "./shared_server.ts";

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** A running Azurite, which is Microsoft's own emulator of Azure Blob Storage. */
export interface Azurite {
  readonly port: number;
  readonly account: string;
  /** In base64. */
  readonly key: string;
}

/** The emulator of this test run, started at its first use (about 3 s). */
export function azurite(): Promise<Azurite> {
  return sharedServer("azurite", startAzurite);
}

/** Makes a new container with a name of its own and returns the name. */
export async function createContainer(server: Azurite): Promise<string> {
  const container = `test-${randomUUID()}`;
  const { account, key, port } = server;
  const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-12-02" };
  const text = `PUT${"\n".repeat(12)}x-ms-date:${headers["x-ms-date"]}\nx-ms-version:${headers["x-ms-version"]}\n/${account}/${account}/${container}\nrestype:container`;
  const signature = createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  const answer = await fetch(`http://127.0.0.1:${port}/${account}/${container}?restype=container`, {
    method: "PUT",
    headers: { ...headers, authorization: `SharedKey ${account}:${signature}` },
  });
  if (answer.status !== 201) throw new Error(`Cannot make a container: ${await answer.text()}`);
  return container;
}

/** Opens a store on the emulator without layers, so that every failure of the service shows. */
export function openAzblob(place: {
  readonly server: Azurite;
  readonly container: string;
  /** A port in place of the server's own: that of a fault proxy. */
  readonly port?: number;
  /** Starts and ends with `/`; a new folder unless given. */
  readonly workDirectory?: string;
  readonly options?: Readonly<Record<string, string>>;
}): Promise<Store> {
  const { server, container, port, workDirectory, options = {} } = place;
  return azblob.open(
    {
      service: "azblob",
      name: container,
      workDirectory: workDirectory ?? `/${randomUUID()}/`,
      options: new Map(
        Object.entries({
          endpoint: `http:127.0.0.1:${port ?? server.port}`,
          credential: `hmac:${server.account}:${server.key}`,
          ...options,
        }),
      ),
    },
    { environment: {} },
  );
}

async function startAzurite(directory: string): Promise<Azurite> {
  const [port = 0] = await freePorts(1);
  const logFile = join(directory, "azurite.out");
  const log = openSync(logFile, "a");
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
  const account = "jcstest";
  const key = createHmac("sha256", "jcs").update(directory).digest("base64");
  const flags = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"];
  const child = spawn(
    "node",
    [program, "--blobHost", "127.0.0.1", "--blobPort", String(port), ...flags, "--location", directory],
    {
      cwd: directory,
      env: { PATH: process.env["PATH"], AZURITE_ACCOUNTS: `${account}:${key}` },
      stdio: ["ignore", log, log],
      detached: true,
    },
  );
  child.unref();
  if (child.pid === undefined) throw new Error("Cannot start azurite: it has no process");
  await noteProcess(directory, child.pid);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    );
    if (answer !== undefined) return { port, account, key };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Cannot reach azurite at port ${port}: it said ${await readFile(logFile, "utf8")}`);
}
