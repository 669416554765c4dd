import { afterAll } from "vitest";
import { onedrive } from "../../../../core/store/services/onedrive.ts";
import { drained } from "../../../servers/drained.ts";
import { type FakeOnedrive, startFakeOnedrive } from "../../../servers/fake_onedrive.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

const fakes: FakeOnedrive[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake.close();
});

testHttpFaults("onedrive when things go wrong, on a fake", async () => {
  // Bytes go through what stands between, too.
  const fake = await startFakeOnedrive({ oneHost: true });
  fakes.push(fake);
  const token = "access-token-of-the-test";
  fake.tokens.tokens.add(token);
  let page = 0;
  let folders = 0;
  const open = (endpoint: string) => {
    fake.put(`/space/${++folders}`, "folder");
    const options = new Map([
      ["endpoint", endpoint],
      ["credential", `apikey:${token}`],
    ]);
    const connection = { service: "onedrive", name: "", workDirectory: `/space/${folders}/`, options };
    return onedrive.open(connection, { environment: {} });
  };
  return {
    port: fake.port,
    open: (port) => open(`http:127.0.0.1:${port}`),
    openTls: (port) => open(`https:127.0.0.1:${port}`),
    samePage: (request, answer) => {
      answer.writeHead(200, { "content-type": "application/json" });
      const next = `http://${request.headers.host}/v1.0/me/drive/root/children?page=again`;
      answer.end(JSON.stringify({ value: [], "@odata.nextLink": next }));
    },
    secrets: [token],
    listStatus: 200,
    followsRedirects: false,
    async endlessList(request, answer) {
      page += 1;
      answer.writeHead(200, { "content-type": "application/json" });
      answer.write('{"value":[');
      for (let at = 0; at < 1000; at++) {
        const entry = `${at === 0 ? "" : ","}{"id":"${page}-${at}","name":"${page}-${at}","size":1,"file":{}}`;
        if (!answer.write(entry)) await drained(answer);
      }
      answer.end(
        `],"@odata.nextLink":"http://${request.headers.host}/v1.0/me/drive/root/children?page=${page}"}`,
      );
    },
  };
});
