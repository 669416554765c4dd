import { openStore } from "../../../../core/store/open_store.ts";
import { COLD_CLASS, createBucket, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

requireServer("radosgw")("s3", () => {
  // Copies in parts are tested in s3.test.ts: Ceph 16 decodes their source twice, and stops when "%" stands in it.
  const cases = [
    { service: "s3", options: "", listEntries: 1100 },
    { service: "s3", options: "&multipart_threshold=1KiB&part_concurrency=1", listEntries: 10 },
    { service: "ceph", options: "&list_version=1", listEntries: 1100 },
    { service: "minio", options: "&conditional_writes=false", listEntries: 10 },
  ];
  for (const { service, options, listEntries } of cases) {
    const open = async () => {
      const server = await radosgw();
      const credential = `hmac:${server.accessKey}:${server.secretKey}`;
      const place = `${service}://${await createBucket(server)}/folder`;
      return openStore(`${place}?endpoint=http:127.0.0.1:${server.port}&credential=${credential}${options}`, {
        environment: {},
      });
    };
    testStore(`${service} with options "${options}"`, open, { listEntries, storageClass: COLD_CLASS });
  }
});
