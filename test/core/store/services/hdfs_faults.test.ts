import { afterAll, describe } from "vitest";
import { hdfs } from "../../../../core/store/services/hdfs.ts";
import { type FakeHdfs, startFakeHdfs } from "../../../servers/fake_hdfs.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

describe("hdfs, on a fake, when things go wrong", () => {
  let fake: FakeHdfs | undefined;
  afterAll(async () => await fake?.close());
  testHttpFaults("over HTTP", async () => {
    // Bytes go through what stands between, too.
    const server = await startFakeHdfs({ oneHost: true });
    fake = server;
    let folders = 0;
    const open = (port: number, tls: string) => {
      folders += 1;
      server.makeDirectory(`/space/${folders}`);
      const options = new Map([
        ["delegation", server.token],
        ["tls", tls],
      ]);
      const connection = {
        service: "hdfs",
        name: `127.0.0.1:${port}`,
        workDirectory: `/space/${folders}/`,
        options,
      };
      return hdfs.open(connection, { environment: {} });
    };
    const answerWith = (status: unknown, remainingEntries: number) =>
      JSON.stringify({
        DirectoryListing: { partialListing: { FileStatuses: { FileStatus: status } }, remainingEntries },
      });
    let page = 0;
    return {
      port: server.port,
      open: (port) => open(port, "false"),
      openTls: (port) => open(port, "true"),
      secrets: [server.token],
      listStatus: 200,
      followsRedirects: false,
      samePage: (request, answer) => {
        answer.writeHead(200, { "content-type": "application/json" });
        const status = { pathSuffix: "again", type: "FILE", length: 1 };
        const isList = request.url?.includes("LISTSTATUS") === true;
        answer.end(isList ? answerWith([status], 1) : JSON.stringify({ FileStatus: { type: "DIRECTORY" } }));
      },
      endlessTree(name, request, answer) {
        answer.writeHead(200, { "content-type": "application/json" });
        const isList = request.url?.includes("LISTSTATUS") === true;
        const status = { pathSuffix: name, type: "DIRECTORY" };
        answer.end(isList ? answerWith([status], 0) : JSON.stringify({ FileStatus: status }));
      },
      async endlessList(request, answer) {
        answer.writeHead(200, { "content-type": "application/json" });
        page += 1;
        const statuses = Array.from({ length: 1000 }, (_, at) => ({
          ...{ pathSuffix: `${page}-${at}`, type: "FILE", length: 1 },
        }));
        const isList = request.url?.includes("LISTSTATUS") === true;
        answer.end(isList ? answerWith(statuses, 1) : JSON.stringify({ FileStatus: { type: "DIRECTORY" } }));
      },
    };
  });
});
