import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { discard, type HttpClient, httpClient } from "../../../../core/store/http/http_client.ts";
import { takeBody } from "../../../../core/store/take_body.ts";
import { pattern, sameBytes, testBody } from "../../../suites/store_bench.ts";

const call = { info: { service: "test", name: "", workDirectory: "/" }, operation: "write", path: "a" };
let client: HttpClient;
let handle: (incoming: IncomingMessage, answer: ServerResponse) => void;
let close: () => Promise<void>;
/** The bodies that came whole. */
const whole: Buffer[] = [];

beforeEach(async () => {
  whole.splice(0);
  handle = (incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => {});
    incoming.on("end", () => {
      if (incoming.complete) whole.push(Buffer.concat(chunks));
      answer.end();
    });
  };
  const server = createServer((incoming, answer) => handle(incoming, answer));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  client = httpClient({ protocol: "http", host: "127.0.0.1", port, url: `http://127.0.0.1:${port}` });
  close = async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => close());

async function put(chunks: readonly Uint8Array[], size: number, headers: Readonly<Record<string, string>>) {
  const body = takeBody(testBody(chunks).stream, { ...call, size });
  const answer = await client.send({ method: "PUT", path: "/a", headers, body });
  discard(answer);
  return answer.status;
}

describe("the body of a request", () => {
  test("comes whole, with a length and without, in chunks of any lengths", async () => {
    for (const sizes of [[], [1], [10, 0, 5], [3_000_000, 1], [1, 3_000_000]]) {
      const chunks = sizes.map((size, index) => pattern(size, index + 1));
      const content = Buffer.concat(chunks);
      for (const headers of [{}, { "content-length": String(content.length) }]) {
        expect(await put(chunks, content.length, headers)).toBe(200);
        expect(sameBytes(whole.pop() ?? pattern(1), content)).toBe(true);
      }
    }
  });

  test("is never whole to the server when it is shorter or longer than was said, however late that shows", async () => {
    for (const sizes of [[9], [10, 1], [5, 5, 1], [5, 6], [10, 0, 3_000_000]]) {
      for (const headers of [{}, { "content-length": "10" }]) {
        const slowly = async function* () {
          for (const size of sizes) {
            yield pattern(size);
            // By the end of another exchange the server has seen what it was sent before.
            for (let round = 0; round < 3; round++) discard(await client.send({ method: "GET", path: "/" }));
          }
        };
        const body = takeBody(slowly(), { ...call, size: 10 });
        const sending = client.send({ method: "PUT", path: "/a", headers, body });
        await expect(sending, String(sizes)).rejects.toMatchObject({ kind: "ConditionFailed" });
      }
    }
    expect(whole.filter((body) => body.length > 0)).toEqual([]);
  });
});
