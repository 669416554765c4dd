import { apache, createFolder, openWebdav } from "../../../servers/apache.ts";
import { drained } from "../../../servers/drained.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

requireServer("apache")("webdav when things go wrong", () => {
  for (const atomicPut of ["true", "false"]) {
    testHttpFaults(`over HTTP with atomic_put=${atomicPut}`, async () => {
      const server = await apache();
      return {
        port: server.port,
        open: async (port) =>
          openWebdav({
            server,
            folder: await createFolder(server),
            port,
            options: { atomic_put: atomicPut },
          }),
        openTls: async (port) =>
          openWebdav({ server, folder: "none", options: { endpoint: `https:127.0.0.1:${port}` } }),
        secrets: [server.password, Buffer.from(`${server.user}:${server.password}`).toString("base64")],
        listStatus: 207,
        followsRedirects: true,
        endlessTree(name, request, answer) {
          answer.writeHead(207, { "content-type": "application/xml" });
          const entry = (href: string) =>
            `<D:response><D:href>${href}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
          const entries = `${entry(`${request.url}`)}${entry(`${request.url}${name}/`)}`;
          answer.end(`<D:multistatus xmlns:D="DAV:">${entries}</D:multistatus>`);
        },
        async endlessList(request, answer) {
          let open = true;
          request.socket.on("close", () => {
            open = false;
          });
          answer.writeHead(207, { "content-type": "application/xml" });
          answer.write('<D:multistatus xmlns:D="DAV:">');
          for (let at = 0; open; at++) {
            const entry = `<D:response><D:href>${request.url}file-${at}</D:href><D:propstat><D:prop><D:resourcetype/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
            if (answer.write(entry)) continue;
            await drained(answer);
          }
        },
      };
    });
  }
});
