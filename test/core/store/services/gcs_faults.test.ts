import { randomUUID } from "node:crypto";
import { afterAll, describe } from "vitest";
import { gcs } from "../../../../core/store/services/gcs.ts";
import { type FakeGcs, startFakeGcs } from "../../../servers/fake_gcs.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

describe("gcs, on a fake, when things go wrong", () => {
  let fake: FakeGcs | undefined;
  afterAll(async () => await fake?.close());
  testHttpFaults("over HTTP", async () => {
    fake = await startFakeGcs();
    const { port, bucket, serviceAccount } = fake;
    const { private_key: key } = JSON.parse(serviceAccount) as { readonly private_key: string };
    const open = (endpoint: string) => {
      const options = new Map([
        ["endpoint", endpoint],
        ["part_size", "1MiB"],
        ["credential", `base64:${Buffer.from(serviceAccount).toString("base64")}`],
      ]);
      const connection = { service: "gcs", name: bucket, workDirectory: `/${randomUUID()}/`, options };
      return gcs.open(connection, { environment: {} });
    };
    let page = 0;
    return {
      port,
      open: (through) => open(`http:127.0.0.1:${through}`),
      openTls: (through) => open(`https:127.0.0.1:${through}`),
      secrets: ["ya29.", key.slice(40, 80)],
      listStatus: 200,
      followsRedirects: false,
      writes: /^(POST|PUT) \/upload\//,
      samePage: (_, answer) => {
        answer.writeHead(200, { "content-type": "application/json" });
        answer.end(JSON.stringify({ kind: "storage#objects", nextPageToken: "again" }));
      },
      async endlessList(request, answer) {
        const prefix = new URL(request.url ?? "", "http://x").searchParams.get("prefix") ?? "";
        page += 1;
        const items = Array.from({ length: 1000 }, (_, at) => ({
          name: `${prefix}${page}-${at}`,
          size: "1",
        }));
        answer.writeHead(200, { "content-type": "application/json" });
        answer.end(JSON.stringify({ kind: "storage#objects", nextPageToken: `page ${page}`, items }));
      },
    };
  });
});
