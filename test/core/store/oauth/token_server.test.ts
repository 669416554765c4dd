import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isTokenUrl, tokenServer } from "../../../../core/store/oauth/token_server.ts";

const INFO = { service: "dropbox", name: "", workDirectory: "/" };
let begins = false;
const server = createServer((_, answer) => {
  if (begins) answer.writeHead(200, { "content-length": "100" }).write("{");
});

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a token server that hangs, before or within its answer, is Unreachable and asked again", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  for (begins of [false, true]) {
    const tokens = tokenServer(INFO, { provider: "Fake", url, timeoutMs: 50 });
    await expect(tokens.grant({ operation: "stat" }, {})).rejects.toMatchObject({
      kind: "Unreachable",
      retry: "later",
    });
    tokens.close();
  }
});

test("secrets go to no other machine without encryption", async () => {
  expect(isTokenUrl("https://example.com/token")).toBe(true);
  expect(isTokenUrl("http://127.0.0.1:80/token")).toBe(true);
  for (const url of ["http://example.com/", "http://127.0.0.1.example.com/", "ftp://x/", "x", ""]) {
    expect(isTokenUrl(url), url).toBe(false);
    const tokens = tokenServer(INFO, { provider: "Fake", url });
    await expect(tokens.grant({ operation: "stat" }, {})).rejects.toMatchObject({ kind: "Config" });
  }
  // Who the user is, is not where the request goes.
  const tokens = tokenServer(INFO, { provider: "Fake", url: "http://localhost:1@example.com/" });
  await expect(tokens.grant({ operation: "stat" }, {})).rejects.toMatchObject({ kind: "Config" });
});
