import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { createBucket, radosgw } from "../../../servers/radosgw.ts";
import { rcloneEnvironment } from "../../../servers/rclone_environment.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

requireServer("rclone")("rclone", () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  testStore(
    "with its local backend",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "jcs-rclone-"));
      folders.push(folder);
      return await openStore(`rclone:disk:${folder}`, {
        environment: rcloneEnvironment({ disk: { type: "local" } }),
      });
    },
    { listEntries: 200 },
  );

  requireServer("radosgw")("with its s3 backend, on radosgw", () => {
    testStore(
      "radosgw",
      async () => {
        const server = await radosgw();
        const environment = rcloneEnvironment({
          gateway: {
            type: "s3",
            provider: "Ceph",
            endpoint: server.endpoint,
            access_key_id: server.accessKey,
            secret_access_key: server.secretKey,
          },
        });
        return await openStore(`rclone://gateway/${await createBucket(server)}/folder`, { environment });
      },
      { listEntries: 200 },
    );
  });
});
