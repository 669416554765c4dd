import { afterAll, describe } from "vitest";
import { ipfs } from "../../../../core/store/services/ipfs.ts";
import { drained } from "../../../servers/drained.ts";
import { type FakeIpfs, startFakeIpfs } from "../../../servers/fake_ipfs.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

const PASSWORD = "secret-password";
const CID = "bafybeiendless";

describe("ipfs, on a fake, when things go wrong", () => {
  let fake: FakeIpfs | undefined;
  afterAll(async () => await fake?.close());
  testHttpFaults("over HTTP", async () => {
    fake = await startFakeIpfs();
    const { port, files } = fake;
    const basic = Buffer.from(`me:${PASSWORD}`).toString("base64");
    fake.authorization = `Basic ${basic}`;
    let folders = 0;
    const open = (endpoint: string) => {
      folders += 1;
      const folder = `space/${folders}`;
      files.makeDirectory(`/${folder}`, { parents: true });
      const options = new Map([
        ["endpoint", endpoint],
        ["credential", `basic:me:${PASSWORD}`],
      ]);
      const connection = { service: "ipfs", name: "", workDirectory: `/${folder}/`, options };
      return ipfs.open(connection, { environment: {} });
    };
    return {
      port,
      open: (through) => open(`http:127.0.0.1:${through}`),
      openTls: (through) => open(`https:127.0.0.1:${through}`),
      writes: /^POST .*\/(add|files\/cp)\?/,
      secrets: [PASSWORD, basic],
      listStatus: 200,
      followsRedirects: false,
      endlessTree(name, request, answer) {
        answer.writeHead(200, { "content-type": "application/json" });
        const Links = [{ Name: name, Hash: CID, Size: 0, Type: 1 }];
        const stat = { Hash: CID, Size: 0, Blocks: 1, Type: "directory" };
        const isList = request.url?.startsWith("/api/v0/ls?") === true;
        answer.end(JSON.stringify(isList ? { Objects: [{ Hash: CID, Links }] } : stat));
      },
      async endlessList(request, answer) {
        answer.writeHead(200, { "content-type": "application/json" });
        if (!request.url?.startsWith("/api/v0/ls?")) {
          answer.end(JSON.stringify({ Hash: CID, Size: 0, Blocks: 1, Type: "directory" }));
          return;
        }
        for (let at = 0; !answer.destroyed; at++) {
          const Links = [{ Name: `file-${at}`, Hash: CID, Size: 1, Type: 2 }];
          if (answer.write(`${JSON.stringify({ Objects: [{ Hash: CID, Links }] })}\n`)) continue;
          await drained(answer);
        }
      },
    };
  });
});
