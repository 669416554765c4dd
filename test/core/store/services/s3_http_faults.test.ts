import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { listen, stop } from "../../../servers/listen.ts";
import { openS3 } from "../../../servers/open_s3.ts";
import { createBucket, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { listPaths } from "../../../suites/store_bench.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

requireServer("radosgw")("s3 when things go wrong", () => {
  testHttpFaults("over HTTP", async () => {
    const server = await radosgw();
    const bucket = await createBucket(server);
    const page = (prefix: string, keys: readonly string[], next: string) => {
      const contents = keys.map((key) => `<Contents><Key>${prefix}${key}</Key><Size>1</Size></Contents>`);
      return `<?xml version="1.0"?><ListBucketResult><Name>${bucket}</Name><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>${contents.join("")}</ListBucketResult>`;
    };
    let pages = 0;
    return {
      port: server.port,
      open: (port) => openS3({ server, bucket, port, options: { part_size: "5MiB" } }),
      openTls: (port) => openS3({ server, bucket, options: { endpoint: `https:127.0.0.1:${port}` } }),
      secrets: [server.secretKey],
      listStatus: 200,
      followsRedirects: false,
      samePage: (_, answer) => {
        answer.writeHead(200, { "content-type": "application/xml" });
        answer.end(page("", [], "again"));
      },
      async endlessList(request, answer) {
        const prefix = new URL(request.url ?? "", "http://x").searchParams.get("prefix") ?? "";
        pages += 1;
        answer.writeHead(200, { "content-type": "application/xml" });
        const keys = Array.from({ length: 1000 }, (_, at) => `${pages}-${at}`);
        answer.end(page(prefix, keys, `page-${pages}`));
      },
    };
  });

  test("a list that ends too early is worth another try, also where nobody said how long it is", async () => {
    const server = await radosgw();
    const half = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>x</Key></Contents><Conten";
    const whole = half.replace(/<Conten$/, "</ListBucketResult>");
    const answers = [half, whole];
    const cutting = createServer((_, { socket }) => {
      socket?.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${answers.shift()}`);
    });
    const port = await listen(cutting);
    onTestFinished(() => stop(cutting));
    const store = await openS3({ server, bucket: "b", port, workDirectory: "/" });
    onTestFinished(() => store.close());
    await expect(listPaths(store, "")).rejects.toMatchObject({
      message: expect.stringContaining("the answer breaks off"),
      retry: "later",
    });
    expect(await listPaths(store, "")).toEqual(["x"]);
  });
});
