import { randomUUID } from "node:crypto";
import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { dropbox } from "../../../../core/store/services/dropbox.ts";
import { type FakeDropbox, startFakeDropbox } from "../../../servers/fake_dropbox.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

const fakes: FakeDropbox[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake.close();
});

testHttpFaults("dropbox, on a fake, when things go wrong", async () => {
  const fake = await startFakeDropbox();
  fakes.push(fake);
  // One login for all stores of the suite.
  const text = `dropbox:///?endpoint=http:127.0.0.1:${fake.port}&token_url=${fake.tokenServer.url}&credential=base64:${Buffer.from(fake.login).toString("base64")}`;
  await (await openStore(text, { environment: {} })).stat("x").catch(() => {});
  const [token = ""] = fake.tokenServer.tokens;
  let page = 0;
  let folder = "";
  const open = (endpoint: string) => {
    const options = new Map([
      ["endpoint", endpoint],
      ["content_endpoint", endpoint],
      ["credential", `apikey:${token}`],
      ["part_size", "4MiB"],
    ]);
    const connection = { service: "dropbox", name: "", workDirectory: `/${randomUUID()}/`, options };
    return dropbox.open(connection, { environment: {} });
  };
  return {
    port: fake.port,
    open: (port) => open(`http:127.0.0.1:${port}`),
    openTls: (port) => open(`https:127.0.0.1:${port}`),
    samePage: (_, answer) => {
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify({ entries: [], cursor: "again", has_more: true }));
    },
    secrets: [token],
    listStatus: 200,
    followsRedirects: false,
    async endlessList(request, answer) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      folder = /"path":"([^"]+)"/.exec(Buffer.concat(chunks).toString())?.[1] ?? folder;
      page += 1;
      const entries = Array.from({ length: 1000 }, (_, at) => ({
        ".tag": "file",
        name: `${page}-${at}`,
        path_lower: `${folder}/${page}-${at}`,
        path_display: `${folder}/${page}-${at}`,
        rev: "5c1d00000001",
        size: 1,
      }));
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify({ entries, cursor: `cursor ${page}`, has_more: true }));
    },
  };
});
