import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { freePorts } from "./free_ports.ts";
import { untilListening } from "./openssh.ts";
import { noteProcess, sharedServer } from "./shared_server.ts";

const STEP_TIMEOUT_MS = 30_000;

/** A running ProFTPD. */
export interface Proftpd {
  readonly port: number;
  readonly pid: number;
  readonly user: string;
  readonly password: string;
  /** The certificate of the server, which has signed itself, for `localhost`; where there is TLS. */
  readonly certificate?: string;
  /** A directory for the tests' files. */
  readonly data: string;
}

/** The server of this test run, started at its first use; the one with TLS takes no other connections. */
export function proftpd({ tls = false }: { readonly tls?: boolean } = {}): Promise<Proftpd> {
  return sharedServer(tls ? "proftpd_tls" : "proftpd", (directory) => startProftpd(directory, { tls }));
}

/** Makes a new, empty directory on the server and returns its path. */
export async function createFtpRoot(server: Proftpd): Promise<string> {
  const directory = join(server.data, randomUUID());
  await mkdir(directory);
  return directory;
}

/** Starts ProFTPD on 127.0.0.1 with its files in `directory`. Its process is noted there; whoever calls this stops it. `settings` are
 *  further lines of its configuration. */
export async function startProftpd(
  directory: string,
  { tls = false, settings = [] }: { readonly tls?: boolean; readonly settings?: readonly string[] } = {},
): Promise<Proftpd> {
  const [port = 0] = await freePorts(1);
  const file = (name: string) => join(directory, name);
  const output = async (program: string, ...args: string[]) =>
    (await execa(program, args, { timeout: STEP_TIMEOUT_MS })).stdout;
  const [uid, gid, account, group] = await Promise.all(
    ["-u", "-g", "-un", "-gn"].map((flag) => output("id", flag)),
  );
  const user = "jcsuser";
  const password = "jcs secret";
  await mkdir(file("data"));
  const hash = await output("openssl", "passwd", "-6", password);
  await writeFile(file("users"), `${user}:${hash}:${uid}:${gid}::${file("data")}:/bin/sh\n`, {
    mode: 0o600,
  });
  const tlsSettings = [
    "LoadModule mod_tls.c",
    "TLSEngine on",
    "TLSRequired on",
    `TLSLog ${file("tls.log")}`,
    `TLSRSACertificateFile ${file("certificate.pem")}`,
    `TLSRSACertificateKeyFile ${file("key.pem")}`,
  ];
  if (tls) {
    await output(
      "openssl",
      ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(" "),
      ..."-addext subjectAltName=DNS:localhost".split(" "),
      ...["-keyout", file("key.pem"), "-out", file("certificate.pem")],
    );
  }
  await writeFile(
    file("proftpd.conf"),
    [
      "ServerName test",
      "ServerType standalone",
      "ModulePath /usr/lib/proftpd",
      "DefaultAddress 127.0.0.1",
      `Port ${port}`,
      `User ${account}`,
      `Group ${group}`,
      "RootLogin on",
      "RequireValidShell off",
      "UseIPv6 off",
      "UseReverseDNS off",
      "DelayEngine off",
      "WtmpLog off",
      "TransferLog none",
      `SystemLog ${file("system.log")}`,
      `PidFile ${file("pid")}`,
      `ScoreboardFile ${file("scoreboard")}`,
      "AuthOrder mod_auth_file.c",
      `AuthUserFile ${file("users")}`,
      "AllowOverwrite on",
      "AllowStoreRestart on",
      "MaxInstances 100",
      ...(tls ? tlsSettings : []),
      ...settings,
      "",
    ].join("\n"),
  );
  const log = openSync(file("proftpd.log"), "a");
  const child = spawn("/usr/sbin/proftpd", ["-n", "-q", "-c", file("proftpd.conf")], {
    stdio: ["ignore", log, log],
    detached: true,
  });
  child.unref();
  const pid = child.pid ?? 0;
  await noteProcess(directory, pid);
  await untilListening(port, file("proftpd.log"));
  return {
    port,
    pid,
    user,
    password,
    data: file("data"),
    ...(tls ? { certificate: file("certificate.pem") } : {}),
  };
}
