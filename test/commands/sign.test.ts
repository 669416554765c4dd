import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import cat from "../../commands/cat.ts";
import put from "../../commands/put.ts";
import sign from "../../commands/sign.ts";
import stat from "../../commands/stat.ts";
import type { Client } from "../../core/client.ts";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { openLocalClient } from "../../core/local_client.ts";
import { until } from "../e2e/rig.ts";
import { azurite, createContainer } from "../servers/azurite.ts";
import { createBucket, radosgw } from "../servers/radosgw.ts";
import { requireServer } from "../servers/require_server.ts";
import { runCommand } from "./run_command.ts";

const SERVICES = [
  {
    server: "radosgw",
    async connection() {
      const { port, accessKey, secretKey } = await radosgw();
      const bucket = await createBucket(await radosgw());
      return `s3://${bucket}/in/it?endpoint=http:127.0.0.1:${port}&credential=hmac:${accessKey}:${secretKey}`;
    },
  },
  {
    server: "azurite",
    async connection() {
      const { port, account, key } = await azurite();
      const container = await createContainer(await azurite());
      return `azblob://${container}/in/it?endpoint=http:127.0.0.1:${port}&credential=hmac:${account}:${key}`;
    },
  },
] as const;

interface Signed {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
}

for (const { server, connection } of SERVICES) {
  requireServer(server)(`sign against ${server}`, () => {
    let client: Client;
    const file = "space:a folder/with+%é.txt";

    let home: string;
    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), "jcs-test-"));
      client = await openLocalClient({
        home,
        config: DEFAULT_CONFIG,
        environment: { JCS_SPACE_space: await connection() },
        onWarning: () => {},
      });
    });
    afterAll(async () => {
      await client?.close();
      rmSync(home, { recursive: true, force: true });
    });

    async function* content() {
      yield Buffer.from("signed content");
    }
    async function signed(...argv: readonly string[]): Promise<Signed> {
      const result = await runCommand(sign, ["--json", ...argv], { client });
      expect(result).toMatchObject({ exitCode: 0, stderr: "" });
      return result.json()[0] as unknown as Signed;
    }
    /** As anybody could: with what the command has shown, and nothing else. */
    const send = ({ method, url, headers }: Signed, body?: string) =>
      fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const bytes = async () => (await runCommand(cat, [file], { client })).bytes.toString();

    it("anybody can read, write and remove with what it shows, and nothing else", async () => {
      expect((await runCommand(put, ["-", file], { client, stdin: content() })).exitCode).toBe(0);
      const read = await signed(file);
      expect(await (await send(read)).text()).toBe("signed content");
      const write = await signed("--for", "write", file);
      expect((await send(write, "written by anybody")).status).toBeLessThan(300);
      expect(await bytes()).toBe("written by anybody");

      // One request is signed, for one file.
      expect((await send({ ...read, method: "DELETE" })).status).toBe(403);
      expect((await send({ ...write, url: read.url }, "x")).status).toBe(403);
      expect((await send({ ...read, url: read.url.replace("with", "other") })).status).toBe(403);
      expect((await send({ ...read, url: read.url.split("?")[0] ?? "" })).status).toBeGreaterThanOrEqual(400);
      expect(await bytes()).toBe("written by anybody");

      expect((await send(await signed("--for", "remove", file))).status).toBeLessThan(300);
      expect((await runCommand(stat, [file], { client })).exitCode).toBe(4);
    });

    it("what it shows expires", async () => {
      expect((await runCommand(put, ["-", file], { client, stdin: content() })).exitCode).toBe(0);
      const read = await signed("--expire", "2s", file);
      expect((await send(read)).status).toBe(200);
      const refused = await until(async () => {
        const answer = await send(read);
        await answer.arrayBuffer();
        return answer.status !== 200 && answer.status;
      });
      expect(refused).toBe(403);
    });

    it("other operations and what belongs to jcs are refused", async () => {
      for (const argv of [
        ["--for", "list", file],
        ["--for", "write", "space:jcs/blocks/x"],
        ["--expire", "soon", file],
      ]) {
        const result = await runCommand(sign, argv, { client });
        expect(result, `${argv}`).toMatchObject({ exitCode: 2, stdout: "" });
      }
    });
  });
}
