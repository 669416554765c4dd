import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { apache, createFolder } from "../../../servers/apache.ts";
import { COLD_CLASS, createBucket, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

// The virtual features must keep every sentence of the contract, on services that lack them in different ways.
const directory = await mkdtemp(join(tmpdir(), "jcs-virtual-"));
afterAll(() => rm(directory, { recursive: true }));
const environment = {};

testStore("memory with virtual directories", () =>
  openStore("memory://virtual/folder?virtual_directories", { environment }),
);

testStore("fs with virtual metadata", () => openStore(`fs://${directory}?virtual_metadata`, { environment }));

requireServer("radosgw")("s3", () => {
  const open = async () => {
    const server = await radosgw();
    const credential = `hmac:${server.accessKey}:${server.secretKey}`;
    const place = `s3://${await createBucket(server)}/folder?virtual_links&virtual_directories`;
    return openStore(`${place}&endpoint=http:127.0.0.1:${server.port}&credential=${credential}`, {
      environment,
    });
  };
  testStore("with virtual links and directories", open, { listEntries: 10, storageClass: COLD_CLASS });
});

requireServer("apache")("webdav", () => {
  const open = async () => {
    const server = await apache();
    const credential = `basic:${server.user}:${server.password}`;
    const place = `webdav://apache/dav/${await createFolder(server)}?virtual_links&virtual_metadata`;
    return openStore(`${place}&endpoint=http:127.0.0.1:${server.port}&credential=${credential}`, {
      environment,
    });
  };
  testStore("with virtual links and metadata", open, { listEntries: 10 });
});
