import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { platform } from "node:os";
import { JcsError } from "../../../errors.ts";
import { oneLine } from "../../http/http_json.ts";
import { type Endpoint, parseOptionValue } from "../../option_value.ts";

const VERSION_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 3000;
const LOG_CHARACTERS_MAX = 4096;

/** The oldest rclone that jcs was tested with. */
const VERSION_MIN = [1, 60] as const;

/** Runs rclone until it ends, or until standard input does: that is when jcs is gone, however it ended. */
const GUARD = `exec 3<&0
"$@" 3<&- </dev/null & rclone=$!
(cat <&3 >/dev/null; kill "$rclone" 2>/dev/null) & guard=$!
exec 3<&-
wait "$rclone"; status=$?
kill "$guard" 2>/dev/null
exit "$status"`;

/** Variables that would change what rclone does behind the back of jcs: its listener, its log, its filters, dry runs. */
const MISLEADING =
  /^RCLONE_(RC|RC_.*|LOG_.*|USE_JSON_LOG|SYSLOG.*|VERBOSE|QUIET|STATS.*|PROGRESS|DRY_RUN|INTERACTIVE|IMMUTABLE|IGNORE_.*|SIZE_ONLY|CHECKSUM|UPDATE|BACKUP_DIR|SUFFIX.*|INCLUDE.*|EXCLUDE.*|FILTER.*|FILES_FROM.*|MIN_AGE|MIN_SIZE|MAX_AGE|MAX_SIZE|MAX_DEPTH|MAX_TRANSFER|MAX_DURATION|CUTOFF_MODE|METADATA.*|INPLACE|PARTIAL_SUFFIX|STREAMING_UPLOAD_CUTOFF|ASK_PASSWORD|CPUPROFILE|MEMPROFILE)$/;

/** What decides whether two spaces can use one rclone. */
export interface RcloneSetup {
  readonly program: string;
  readonly config: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** An rclone that listens on 127.0.0.1. */
export interface RcloneProcess {
  readonly endpoint: Endpoint;
  /** Value of the header of that name. */
  readonly authorization: string;
  /** As the program tells it, for example `1.60.1`. */
  readonly version: string;
  alive(): boolean;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts `rclone rcd` on a free port, with a random password that stands in its environment only.
 *
 *  It ends when jcs does, also when jcs is killed: a shell beside it waits for the end of a pipe (not on Windows). Throws `Config` with
 *  the way out when there is no rclone, when it is too old, or when it does not start. */
export async function startRclone(setup: RcloneSetup): Promise<RcloneProcess> {
  const environment = childEnvironment(setup);
  const version = await versionOf(setup, environment);
  const user = "jcs";
  const password = randomBytes(24).toString("base64url");
  const command = [
    setup.program,
    "rcd",
    "--rc-addr",
    "127.0.0.1:0",
    "--rc-serve",
    "--ask-password=false",
    "--log-level",
    "NOTICE",
    // Bodies of unknown length always go the way that notices when they break off.
    "--streaming-upload-cutoff",
    "0",
    "--low-level-retries",
    "3",
  ];
  const guarded = platform() !== "win32";
  const child = spawn(
    guarded ? "/bin/sh" : setup.program,
    guarded ? ["-c", GUARD, "jcs", ...command] : command.slice(1),
    {
      env: { ...environment, RCLONE_RC_USER: user, RCLONE_RC_PASS: password },
      stdio: ["pipe", "ignore", "pipe"],
      // An interrupt from the terminal is for jcs, which still has to tidy up through rclone.
      detached: guarded,
      windowsHide: true,
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  let isAlive = true;
  void ended.then(() => {
    isAlive = false;
    child.stdin?.destroy();
  });
  child.stdin?.on("error", () => {});
  const stop = async () => {
    child.stdin?.destroy();
    if (!guarded) child.kill();
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
  };
  try {
    const endpoint = parseOptionValue("endpoint", await addressOf(child, ended));
    if (endpoint === undefined) throw new JcsError("Config", "Cannot start rclone: it tells no address");
    detach(child);
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    return { endpoint, authorization, version, alive: () => isAlive, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the line that tells where rclone listens, and goes on reading what it says so that it never waits for a reader. */
async function addressOf(child: ChildProcess, ended: Promise<void>): Promise<string> {
  let log = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (state: string) =>
        reject(
          new JcsError("Config", `Cannot start rclone: ${state}${log === "" ? "" : `: ${oneLine(log)}`}`),
        );
      child.stderr?.setEncoding("utf8");
      child.stderr?.on("data", (text: string) => {
        log = (log + text).slice(-LOG_CHARACTERS_MAX);
        const url = /on (http:\/\/127\.0\.0\.1:\d+)/.exec(log)?.[1];
        if (url !== undefined) resolve(url);
      });
      void ended.then(() => fail("it ended at once"));
      timer = setTimeout(
        () => fail(`it did not listen within ${START_TIMEOUT_MS / 1000} seconds`),
        START_TIMEOUT_MS,
      );
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Lets this process end although the child runs: then the child ends too. */
function detach(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stderr]) {
    if (stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
  }
}

function childEnvironment({ config, environment }: RcloneSetup): Record<string, string> {
  const kept = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || MISLEADING.test(name) ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(kept), ...(config === undefined ? {} : { RCLONE_CONFIG: config }) };
}

async function versionOf(setup: RcloneSetup, environment: Record<string, string>): Promise<string> {
  const wayOut = `install rclone ${VERSION_MIN.join(".")} or newer (https://rclone.org), or set option "program"`;
  const quoted = JSON.stringify(setup.program);
  const output = await new Promise<string>((resolve, reject) => {
    const options = { env: environment, timeout: VERSION_TIMEOUT_MS, windowsHide: true };
    execFile(setup.program, ["version"], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else {
        const state =
          error.code === "ENOENT"
            ? "there is no such program"
            : `it cannot be run (${error.code ?? error.signal})`;
        reject(new JcsError("Config", `Cannot start ${quoted}: ${state}; ${wayOut}`));
      }
    });
  });
  const match = /^rclone v(\d+)\.(\d+)[^\s]*/m.exec(output);
  if (match === null) throw new JcsError("Config", `Cannot start ${quoted}: it is not rclone; ${wayOut}`);
  const [text, major, minor] = match;
  const [wantedMajor, wantedMinor] = VERSION_MIN;
  if (Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor)) {
    throw new JcsError("Config", `Cannot start ${quoted}: ${text} is too old; ${wayOut}`);
  }
  return text.slice("rclone v".length);
}
