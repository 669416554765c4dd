import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";

/** An rclone that serves remote calls without a password. */
export interface RcloneDaemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an rclone for tests that stand between jcs and it. */
export async function startRcloneDaemon(
  environment: Readonly<Record<string, string>>,
): Promise<RcloneDaemon> {
  const daemon = spawn("rclone", ["rcd", "--rc-addr", "127.0.0.1:0", "--rc-no-auth", "--rc-serve"], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let said = "";
    daemon.stderr.on("data", (text) => {
      said += String(text);
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    daemon.once("exit", () => reject(new Error(`rclone has ended: ${said}`)));
  });
  return {
    port,
    async close() {
      if (daemon.exitCode !== null) return;
      daemon.kill();
      await once(daemon, "exit");
    },
  };
}

/** Writes a program that jcs takes for an rclone that listens on `port`: what stands there is between jcs and an {@link RcloneDaemon}. */
export async function writeRcloneProgram(file: string, port: number): Promise<void> {
  const listens = `echo "Serving remote control on http://127.0.0.1:${port}/" >&2`;
  await writeFile(file, `#!/bin/sh\n[ $1 = version ] && exec rclone version\n${listens}\nexec sleep 600\n`);
  await chmod(file, 0o755);
}
