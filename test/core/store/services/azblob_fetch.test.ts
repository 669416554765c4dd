import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Store } from "../../../../core/store/store.ts";
import { type Azurite, azurite, createContainer, openAzblob } from "../../../servers/azurite.ts";
import { type FakeAzureFetch, startFakeAzureFetch } from "../../../servers/fake_azure_fetch.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { pattern, readAll, sameBytes } from "../../../suites/store_bench.ts";

const CONTENT = pattern(1_000_003);

requireServer("azurite")("azblob and a fake of its Put From URL", () => {
  let server: Azurite;
  let fake: FakeAzureFetch;
  let source: Server;
  let url: string;
  let container: string;
  let version = 1;
  const stores: Store[] = [];
  const open = async (options: Record<string, string> = {}) => {
    const opened = await openAzblob({ server, container, port: fake.port, options });
    stores.push(opened);
    return opened;
  };

  beforeAll(async () => {
    server = await azurite();
    fake = await startFakeAzureFetch(server);
    container = await createContainer(server);
    source = createServer((request, answer) => {
      const [path, name] = (request.url ?? "").split("/").slice(1);
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
      if (path === "missing") return void answer.writeHead(404).end();
      if (name === "changing" && range?.[1] !== "0") version += 1;
      const content = path === "empty" ? new Uint8Array() : CONTENT;
      const headers = { etag: `"${version}"`, "content-type": "text/x-test" };
      if (range === null || path === "whole") return void answer.writeHead(200, headers).end(content);
      const part = content.subarray(Number(range[1]), Number(range[2]) + 1);
      if (part.length === 0) return void answer.writeHead(416).end();
      const last = Number(range[1]) + part.length - 1;
      answer.writeHead(206, { ...headers, "content-range": `bytes ${range[1]}-${last}/${content.length}` });
      answer.end(part);
    });
    await new Promise<void>((resolve) => void source.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(source.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    source?.closeAllConnections();
    source?.close();
    await fake?.close();
  });

  test("fetches in one request, or a large one in blocks, with its content type", async () => {
    for (const [options, path, requests] of [
      [{}, "/ranged", 1],
      [{ multipart_threshold: "1KiB", part_size: "300KiB" }, "/ranged", 4],
      // Where the server gives no ranges the length is not known.
      [{ multipart_threshold: "1KiB" }, "/whole", 1],
      [{}, "/empty", 1],
    ] as const) {
      const store = await open(options);
      expect(store.native.fetch).toBe(true);
      await store.write("a", pattern(10));
      const before = fake.fetches.length;
      let arrived = 0;
      const onProgress = (bytes: number) => {
        arrived += bytes;
      };
      const meta = await store.fetch?.("a", url + path, { onProgress });
      const size = path === "/empty" ? 0 : CONTENT.length;
      expect(meta).toMatchObject({ path: "a", kind: "file", size, contentType: "text/x-test" });
      expect(arrived).toBe(size);
      expect(fake.fetches.length - before).toBe(requests);
      expect(sameBytes(await readAll(store, "a"), CONTENT.subarray(0, size))).toBe(true);
    }
  });

  test("leaves the old object when the URL fails or changes meanwhile", async () => {
    const store = await open({ multipart_threshold: "1KiB", part_size: "300KiB" });
    await store.write("a", pattern(10));
    await expect(store.fetch?.("a", `${url}/missing`)).rejects.toMatchObject({ kind: "NotFound" });
    await expect(store.fetch?.("a", `${url}/ranged/changing`)).rejects.toMatchObject({
      kind: "ConditionFailed",
    });
    // Nobody listens: the service itself is asked, and says so.
    await expect(store.fetch?.("a", "http://127.0.0.1:1/")).rejects.toMatchObject({ retry: "never" });
    const { host } = new URL(url);
    await expect(store.fetch?.("a", `http://user:word@${host}/`)).rejects.toMatchObject({
      kind: "Unsupported",
    });
    await expect(store.fetch?.("a", `${url}/${"x".repeat(2048)}`)).rejects.toMatchObject({
      kind: "Unsupported",
    });
    expect(sameBytes(await readAll(store, "a"), pattern(10))).toBe(true);
  });
});
