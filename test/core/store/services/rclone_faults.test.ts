import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { rclone } from "../../../../core/store/services/rclone.ts";
import { drained } from "../../../servers/drained.ts";
import { type RcloneDaemon, startRcloneDaemon, writeRcloneProgram } from "../../../servers/rclone_daemon.ts";
import { rcloneEnvironment } from "../../../servers/rclone_environment.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testHttpFaults } from "../../../suites/test_http_faults.ts";

const environment = rcloneEnvironment({ disk: { type: "local" } });

requireServer("rclone")("rclone when things go wrong", () => {
  let folder = "";
  let daemon: RcloneDaemon | undefined;
  afterAll(async () => {
    await daemon?.close();
    if (folder !== "") await rm(folder, { recursive: true });
  });
  testHttpFaults("between jcs and rclone", async () => {
    folder = await mkdtemp(join(tmpdir(), "jcs-rclone-"));
    daemon = await startRcloneDaemon(environment);
    const { port } = daemon;
    let spaces = 0;
    let page = 0;
    return {
      port,
      async open(through) {
        spaces += 1;
        const space = join(folder, `space-${spaces}`);
        await mkdir(space);
        const program = join(folder, `program-${spaces}`);
        await writeRcloneProgram(program, through);
        const options = new Map([
          ["program", program],
          ["absolute", "true"],
        ]);
        const connection = { service: "rclone", name: "disk", workDirectory: `${space}/`, options };
        return await rclone.open(connection, { environment });
      },
      opens: /operations\/fsinfo/,
      refusal: (status) => ({
        status: 500,
        body: JSON.stringify({ error: `it broke: status code: ${status}` }),
      }),
      secrets: [],
      listStatus: 200,
      followsRedirects: false,
      writes: /^POST \/operations\/(copyurl|movefile)/,
      endlessTree(name, request, answer) {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const remote = /"remote":"([^"]*)"/.exec(Buffer.concat(chunks).toString())?.[1] ?? "";
          const Path = remote === "" ? name : `${remote}/${name}`;
          const isList = request.url?.startsWith("/operations/list") === true;
          answer.writeHead(200, { "content-type": "application/json" });
          answer.end(JSON.stringify(isList ? { list: [{ Path, Size: -1, IsDir: true }] } : { Features: {} }));
        });
      },
      async endlessList(request, answer) {
        answer.writeHead(200, { "content-type": "application/json" });
        if (!request.url?.startsWith("/operations/list"))
          return void answer.end('{"Features":{"Move":true}}');
        answer.write('{"list":[');
        for (; !answer.destroyed; page++) {
          if (answer.write(`${page === 0 ? "" : ","}{"Path":"file-${page}","Size":1,"IsDir":false}`))
            continue;
          await drained(answer);
        }
      },
    };
  });
});
