import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { openSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { freePorts } from "./free_ports.ts";
import { noteProcess, sharedServer } from "./shared_server.ts";

const STEP_TIMEOUT_MS = 30_000;
const READY_TIMEOUT_MS = 20_000;

/** The passphrase of {@link Openssh.lockedKey}. */
export const PASSPHRASE = "open sesame";

/** A running OpenSSH server that logs in the user who runs the tests, by key. */
export interface Openssh {
  readonly port: number;
  readonly pid: number;
  readonly user: string;
  /** A private key that is let in, and the same in a file with a passphrase. */
  readonly key: string;
  readonly lockedKey: string;
  /** A private key that is not let in. */
  readonly strangeKey: string;
  /** What known_hosts says of the server: its key without the name. */
  readonly hostKey: string;
  /** `SHA256:…`. */
  readonly fingerprint: string;
  /** A directory for the tests' files. */
  readonly data: string;
}

/** The server of this test run, started at its first use (under 1 s). */
export function openssh(): Promise<Openssh> {
  return sharedServer("openssh", (directory) => startOpenssh(directory));
}

/** Makes a new, empty directory on the server and returns its path. */
export async function createSftpRoot(server: Openssh): Promise<string> {
  const directory = join(server.data, randomUUID());
  await mkdir(directory);
  return directory;
}

/** Starts sshd on 127.0.0.1 with its files in `directory`. Its process is noted there; whoever calls this stops it. `settings` are
 *  further lines of its configuration. */
export async function startOpenssh(
  directory: string,
  {
    settings = [],
    denied = [],
  }: {
    readonly settings?: readonly string[];
    /** Requests that the server neither offers nor serves, such as `posix-rename`. */
    readonly denied?: readonly string[];
  } = {},
): Promise<Openssh> {
  const [port = 0] = await freePorts(1);
  const file = (name: string) => join(directory, name);
  const keygen = (name: string, passphrase: string) =>
    execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file(name)], {
      timeout: STEP_TIMEOUT_MS,
    });
  await keygen("host_key", "");
  await keygen("key", "");
  await keygen("strange_key", "");
  await copyFile(file("key"), file("locked_key"));
  await chmod(file("locked_key"), 0o600);
  await execa("ssh-keygen", ["-q", "-p", "-N", PASSPHRASE, "-f", file("locked_key")], {
    timeout: STEP_TIMEOUT_MS,
  });
  await mkdir(file("data"));
  // Where sshd keeps its privilege separation.
  await mkdir("/run/sshd", { recursive: true }).catch(() => {});
  await writeFile(
    file("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host_key")}`,
      `AuthorizedKeysFile ${file("key.pub")}`,
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "PermitRootLogin yes",
      "MaxStartups 100",
      `Subsystem sftp internal-sftp${denied.length === 0 ? "" : ` -P ${denied.join(",")}`}`,
      ...settings,
      "",
    ].join("\n"),
  );
  const log = openSync(file("sshd.log"), "a");
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file("sshd_config")], {
    stdio: ["ignore", log, log],
    detached: true,
  });
  child.unref();
  const pid = child.pid ?? 0;
  await noteProcess(directory, pid);
  await untilListening(port, file("sshd.log"));
  const [type = "", key = ""] = (await readFile(file("host_key.pub"), "utf8")).split(" ");
  const { stdout } = await execa("ssh-keygen", ["-l", "-f", file("host_key.pub")], {
    timeout: STEP_TIMEOUT_MS,
  });
  return {
    port,
    pid,
    // Bun goes by $USER, which may be missing.
    user: (await execa("id", ["-un"], { timeout: STEP_TIMEOUT_MS })).stdout,
    key: file("key"),
    lockedKey: file("locked_key"),
    strangeKey: file("strange_key"),
    hostKey: `${type} ${key}`,
    fingerprint: stdout.split(" ")[1] ?? "",
    data: file("data"),
  };
}

/** Waits until somebody accepts connections on the port. */
export async function untilListening(port: number, log: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (Date.now() > deadline) {
      throw new Error(`Cannot start the server: ${(await readFile(log, "utf8")).slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
