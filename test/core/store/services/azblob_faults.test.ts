import { azurite, createContainer, openAzblob } from "../../../servers/azurite.ts";
import { drained } from "../../../servers/drained.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

requireServer("azurite")("azblob when things go wrong", () => {
  testHttpFaults("over HTTP", async () => {
    const server = await azurite();
    const container = await createContainer(server);
    let page = 0;
    return {
      port: server.port,
      open: (port) => openAzblob({ server, container, port, options: { part_size: "1MiB" } }),
      openTls: (port) => openAzblob({ server, container, options: { endpoint: `https:127.0.0.1:${port}` } }),
      samePage: (_, answer) => {
        answer.writeHead(200, { "content-type": "application/xml" });
        answer.end("<EnumerationResults><Blobs/><NextMarker>again</NextMarker></EnumerationResults>");
      },
      secrets: [server.key],
      listStatus: 200,
      followsRedirects: false,
      async endlessList(request, answer) {
        const prefix = new URL(request.url ?? "", "http://x").searchParams.get("prefix") ?? "";
        page += 1;
        answer.writeHead(200, { "content-type": "application/xml" });
        answer.write("<EnumerationResults><Blobs>");
        for (let at = 0; at < 5000; at++) {
          const entry = `<Blob><Name>${prefix}${page}-${at}</Name><Properties><Content-Length>1</Content-Length></Properties></Blob>`;
          if (!answer.write(entry)) await drained(answer);
        }
        answer.end(`</Blobs><NextMarker>page ${page}</NextMarker></EnumerationResults>`);
      },
    };
  });
});
