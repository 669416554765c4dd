import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { http, https } from "../../../../core/store/services/http.ts";
import { apache, createFolder } from "../../../servers/apache.ts";
import { drained } from "../../../servers/drained.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

requireServer("apache")("http when things go wrong", () => {
  testHttpFaults("over HTTP", async () => {
    const server = await apache();
    let folder = "";
    const open = async (service: typeof http, port: number) => {
      folder = await createFolder(server);
      const options = new Map([["credential", `basic:${server.user}:${server.password}`]]);
      const workDirectory = `/secret/${folder}/`;
      return await service.open(
        { service: service.name, name: `127.0.0.1:${port}`, workDirectory, options },
        { environment: {} },
      );
    };
    return {
      port: server.port,
      open: (port) => open(http, port),
      openTls: (port) => open(https, port),
      put: (path, bytes) => writeFile(join(server.root, folder, path), bytes),
      secrets: [server.password, Buffer.from(`${server.user}:${server.password}`).toString("base64")],
      listStatus: 200,
      noList: "Unsupported",
      followsRedirects: true,
      endlessTree(name, request, answer) {
        answer.writeHead(200, { "content-type": "text/html" });
        answer.end(`<title>Index of /</title><a href="${request.url}${name}/">${name}</a>`);
      },
      async endlessList(request, answer) {
        answer.writeHead(200, { "content-type": "text/html" });
        answer.write("<title>Index of /</title>");
        for (let at = 0; !answer.destroyed; at++) {
          if (answer.write(`<a href="${request.url}file-${at}">file</a>\n`)) continue;
          await drained(answer);
        }
      },
    };
  });
});
