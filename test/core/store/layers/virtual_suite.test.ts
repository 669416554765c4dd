import { openStore } from "../../../../core/store/open_store.ts";
import { apache, createFolder } from "../../../servers/apache.ts";
import { sftpConnection } from "../../../servers/open_sftp.ts";
import { createSftpRoot, openssh } from "../../../servers/openssh.ts";
import { COLD_CLASS, createBucket, radosgw } from "../../../servers/radosgw.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

// The virtual features must keep every sentence of the contract, on services that lack them in different ways.
const environment = {};

testStore("memory with virtual directories", () =>
  openStore("memory://virtual/folder?virtual_directories", { environment }),
);

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

// No tags: metadata are tied to size and time.
requireServer("openssh")("sftp", () => {
  const open = async () => {
    const server = await openssh();
    const place = sftpConnection(server, await createSftpRoot(server));
    return openStore(`${place}&virtual_metadata&virtual_links&virtual_directories`, { environment });
  };
  testStore("with virtual metadata", open, { listEntries: 10 });
});
