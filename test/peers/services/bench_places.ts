import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { apache, createFolder } from "../../servers/apache.ts";
import { sftpConnection } from "../../servers/open_sftp.ts";
import { createSftpRoot, openssh } from "../../servers/openssh.ts";
import { createBucket, radosgw } from "../../servers/radosgw.ts";
import { rcloneEnvironment } from "../../servers/rclone_environment.ts";

/** A new, empty place on a server, as jcs and as rclone name it. */
export interface BenchPlace {
  /** The connection string for jcs. */
  readonly connection: string;
  /** The settings of remote `bench`, and the place's path on it. */
  readonly remote: Readonly<Record<string, string>>;
  readonly root: string;
  /** Removes what is at `path`, with what the server still keeps of it. */
  remove(path: string): Promise<void>;
  /** Makes empty files, in the quickest way that a list cannot tell from any other. */
  fill(paths: readonly string[]): Promise<void>;
}

/** Where it is measured: each starts its server at its first use. */
export const BENCH_PLACES: Readonly<Record<string, () => Promise<BenchPlace>>> = {
  s3: s3Place,
  webdav: webdavPlace,
  sftp: sftpPlace,
  fs: fsPlace,
};

async function s3Place(): Promise<BenchPlace> {
  const server = await radosgw();
  const bucket = await createBucket(server);
  const remote = {
    type: "s3",
    provider: "Ceph",
    access_key_id: server.accessKey,
    secret_access_key: server.secretKey,
    endpoint: server.endpoint,
  };
  const rclone = (...argv: readonly string[]) =>
    execa("rclone", argv, { env: rcloneEnvironment({ bench: remote }), extendEnv: false });
  return {
    connection: `s3://${bucket}?endpoint=http:127.0.0.1:${server.port}&credential=hmac:${server.accessKey}:${server.secretKey}`,
    remote,
    root: `bench:${bucket}`,
    async remove(path) {
      await rclone("delete", `bench:${bucket}/${path}`);
      // The gateway keeps the data of removed objects for a while.
      await execa("radosgw-admin", ["-c", server.config, "gc", "process", "--include-all"]);
    },
    async fill(paths) {
      const template = "0".repeat(paths[0]?.length ?? 1);
      await rclone("touch", `bench:${bucket}/${template}`);
      await execa(
        "/usr/bin/python3",
        [join(import.meta.dirname, "fill_bucket.py"), server.config, template],
        {
          input: paths.join("\n"),
        },
      );
    },
  };
}

async function webdavPlace(): Promise<BenchPlace> {
  const server = await apache();
  const folder = await createFolder(server);
  const { stdout: pass } = await execa("rclone", ["obscure", server.password]);
  return {
    connection: `webdav:///dav/${folder}?endpoint=http:127.0.0.1:${server.port}&credential=basic:${server.user}:${server.password}`,
    remote: {
      type: "webdav",
      url: `http://127.0.0.1:${server.port}/dav/${folder}`,
      vendor: "other",
      user: server.user,
      pass,
    },
    root: "bench:",
    ...filesBelow(join(server.root, folder)),
  };
}

async function sftpPlace(): Promise<BenchPlace> {
  const server = await openssh();
  const directory = await createSftpRoot(server);
  return {
    connection: sftpConnection(server, directory),
    remote: {
      type: "sftp",
      host: "127.0.0.1",
      port: String(server.port),
      user: server.user,
      key_file: server.key,
    },
    root: `bench:${directory}`,
    ...filesBelow(directory),
  };
}

async function fsPlace(): Promise<BenchPlace> {
  const { data } = await openssh();
  const directory = join(data, "fs");
  await mkdir(directory);
  return {
    connection: `fs://${directory}`,
    remote: { type: "local" },
    root: `bench:${directory}`,
    ...filesBelow(directory),
  };
}

function filesBelow(directory: string): Pick<BenchPlace, "remove" | "fill"> {
  return {
    remove: (path) => rm(join(directory, path), { recursive: true, force: true }),
    async fill(paths) {
      for (const folder of new Set(paths.map(dirname)))
        await mkdir(join(directory, folder), { recursive: true });
      for (const path of paths) await writeFile(join(directory, path), "");
    },
  };
}
