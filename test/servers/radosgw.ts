import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { execa } from "execa";
import { freePorts } from "./free_ports.ts";
import { noteProcess, sharedServer } from "./shared_server.ts";

const STEP_TIMEOUT_MS = 30_000;
const READY_TIMEOUT_MS = 60_000;

/** A storage class of the gateway besides its usual one. */
export const COLD_CLASS = "COLD";

/** A key that the gateway's key management knows. */
export const KMS_KEY = "test-key";

/** A running Ceph object gateway: a real, strict S3 server. */
export interface Radosgw {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The configuration file, for the tools of Ceph. */
  readonly config: string;
}

/** The gateway of this test run, started at its first use (about 2 s). */
export function radosgw(): Promise<Radosgw> {
  return sharedServer("radosgw", startRadosgw);
}

/** Makes a new bucket with a name of its own and returns the name. */
export async function createBucket(server: Radosgw): Promise<string> {
  const client = new S3Client({
    endpoint: server.endpoint,
    region: "default",
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  });
  const bucket = `test-${randomUUID()}`;
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
  return bucket;
}

/** Starts one monitor, one OSD that keeps everything in memory, and one gateway, all on 127.0.0.1 with their files in `directory`.
 *  Each process is noted there; whoever calls this stops them. */
export async function startRadosgw(directory: string): Promise<Radosgw> {
  const [monitorV2 = 0, monitorV1 = 0, port = 0] = await freePorts(3);
  const config = join(directory, "ceph.conf");
  const keyring = join(directory, "keyring");
  const monmap = join(directory, "monmap");
  const fsid = randomUUID();
  const osdId = randomUUID();
  const address = `[v2:127.0.0.1:${monitorV2},v1:127.0.0.1:${monitorV1}]`;
  for (const folder of ["mon", "osd", "rgw", "log"]) await mkdir(join(directory, folder));
  await writeFile(config, cephConfig({ directory, fsid, address, port }));

  const step = (program: string, ...args: string[]) => execa(program, args, { timeout: STEP_TIMEOUT_MS });
  await step("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap);
  await step(
    "ceph-authtool",
    "--create-keyring",
    keyring,
    "--gen-key",
    "-n",
    "mon.",
    "--cap",
    "mon",
    "allow *",
  );
  for (const [name, ...caps] of KEYS) await step("ceph-authtool", keyring, "--gen-key", "-n", name, ...caps);
  await step("ceph-mon", "-c", config, "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring);
  await startDaemon(directory, "ceph-mon", ["-c", config, "-i", "a", "-f"]);
  await step("ceph", "-c", config, "osd", "new", osdId);
  await step("ceph-osd", "-c", config, "-i", "0", "--mkfs", "--osd-uuid", osdId);
  await startDaemon(directory, "ceph-osd", ["-c", config, "-i", "0", "-f"]);
  const user = { accessKey: "jcskey", secretKey: "jcssecret" };
  const keys = ["--access-key", user.accessKey, "--secret-key", user.secretKey];
  await step(
    "radosgw-admin",
    "-c",
    config,
    "user",
    "create",
    "--uid",
    "jcs",
    "--display-name",
    "jcs",
    ...keys,
  );
  const placement = ["radosgw-admin", "-c", config] as const;
  const coldClass = ["--placement-id", "default-placement", "--storage-class", COLD_CLASS];
  // Objects of another class than the usual one go to the same pool: it is the word that matters here.
  await step(...placement, "zonegroup", "placement", "add", "--rgw-zonegroup", "default", ...coldClass);
  await step(
    ...placement,
    "zone",
    "placement",
    "add",
    "--rgw-zone",
    "default",
    ...coldClass,
    "--data-pool",
    "default.rgw.buckets.data",
  );
  await startDaemon(directory, "radosgw", ["-c", config, "-n", "client.rgw", "-f"]);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswering(endpoint, join(directory, "log", "radosgw.out"));
  return { endpoint, port, ...user, config };
}

const KEYS = [
  ["client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"],
  ["client.rgw", "--cap", "mon", "allow rw", "--cap", "osd", "allow rwx", "--cap", "mgr", "allow rw"],
  [
    "osd.0",
    "--cap",
    "mon",
    "allow profile osd",
    "--cap",
    "osd",
    "allow *",
    "--cap",
    "mgr",
    "allow profile osd",
  ],
] as const;

async function startDaemon(directory: string, program: string, args: readonly string[]): Promise<void> {
  const log = openSync(join(directory, "log", `${program}.out`), "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
  child.unref();
  if (child.pid === undefined) throw new Error(`Cannot start "${program}": it has no process`);
  await noteProcess(directory, child.pid);
}

async function untilAnswering(endpoint: string, log: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(endpoint, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Cannot reach radosgw at "${endpoint}": it said ${await readFile(log, "utf8")}`);
}

function cephConfig(o: { directory: string; fsid: string; address: string; port: number }): string {
  return `[global]
fsid = ${o.fsid}
mon host = ${o.address}
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${o.directory}/keyring
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 1
osd pool default pgp num = 1
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail crit = 1
paxos propose interval = 0.05
run dir = ${o.directory}
admin socket =
log file = ${o.directory}/log/$name.log
pid file =
[mon.a]
mon data = ${o.directory}/mon
[osd.0]
osd data = ${o.directory}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd max object name len = 4096
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${o.port} tcp_nodelay=1
rgw data = ${o.directory}/rgw
rgw thread pool size = 64
rgw dns name = localhost
rgw enable usage log = false
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = ${KMS_KEY}=${randomBytes(32).toString("base64")}
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 5
rgw lc debug interval = 10
`;
}
