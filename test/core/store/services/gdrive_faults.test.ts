import { gdrive } from "../../../../core/store/services/gdrive.ts";
import { startFakeGdrive } from "../../../servers/fake_gdrive.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

testHttpFaults("gdrive over HTTP, when things go wrong", async () => {
  const fake = await startFakeGdrive();
  let pages = 0;
  const open = (endpoint: string) => {
    const options = new Map([
      ["endpoint", endpoint],
      ["credential", `apikey:${fake.token}`],
      ["root_folder_id", fake.put("folder").id],
      ["part_size", "256KiB"],
    ]);
    return gdrive.open({ service: "gdrive", name: "", workDirectory: "/", options }, { environment: {} });
  };
  return {
    port: fake.port,
    open: (port) => open(`http:127.0.0.1:${port}`),
    openTls: (port) => open(`https:127.0.0.1:${port}`),
    samePage: (request, answer) => {
      const folder = { id: "top1", name: "top", mimeType: "application/vnd.google-apps.folder" };
      const isList = request.url?.includes("q=") === true;
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify(isList ? { nextPageToken: "again", files: [] } : folder));
    },
    secrets: [fake.token],
    listStatus: 200,
    followsRedirects: false,
    async endlessList(request, answer) {
      const type = { mimeType: "application/octet-stream", createdTime: "2026-01-01T00:00:00.000Z" };
      const folder = { id: "top1", name: "top", mimeType: "application/vnd.google-apps.folder" };
      const files = Array.from({ length: 1000 }, (_, at) => ({
        ...type,
        ...{ id: `1id${pages}-${at}`, name: `file-${pages}-${at}`, parents: ["top1"], size: "3" },
      }));
      pages += 1;
      const isList = request.url?.includes("q=") === true;
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify(isList ? { nextPageToken: `page-${pages}`, files } : folder));
    },
  };
});
