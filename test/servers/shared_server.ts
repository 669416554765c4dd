import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The environment variable with the folder where the servers of this test run live. */
export const SERVERS_DIRECTORY = "JCS_TEST_SERVERS";

const START_TIMEOUT_MS = 90_000;
const POLL_MS = 50;
const FOLDER_PREFIX = "jcs-test-servers-";

/** Starts server `name` at its first use in a test run and hands the same one to all later users, in every test process.
 *
 *  `start` gets an empty folder of its own, starts processes that outlive the caller, notes each with {@link noteProcess}, and returns
 *  what users need to know, as JSON. The global set-up stops them when the run ends. Fails for all users when the start failed. */
export async function sharedServer<T>(name: string, start: (directory: string) => Promise<T>): Promise<T> {
  const root = process.env[SERVERS_DIRECTORY];
  if (root === undefined)
    throw new Error(`Cannot share server "${name}": ${SERVERS_DIRECTORY} is not set by the global set-up`);
  const directory = join(root, name);
  const answer = join(root, `${name}.json`);
  if (await makeFolder(directory)) {
    const result = await start(directory).then(
      (value) => ({ value }),
      (error: unknown) => ({ error: String(error) }),
    );
    await writeFile(`${answer}.new`, JSON.stringify(result));
    await rename(`${answer}.new`, answer);
  }
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const text = await readFile(answer, "utf8").catch(() => undefined);
    if (text !== undefined) {
      const result: { value?: T; error?: string } = JSON.parse(text);
      if (result.error !== undefined) throw new Error(`Cannot start server "${name}": ${result.error}`);
      return result.value as T;
    }
    if (Date.now() > deadline)
      throw new Error(`Cannot start server "${name}": no answer after ${START_TIMEOUT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Writes down that process `pid` works for the server in `directory`, so that it is stopped with the others. */
export async function noteProcess(directory: string, pid: number): Promise<void> {
  await writeFile(join(directory, `${pid}.pid`), "");
}

/** Makes the folder for the servers of this run, and stops those of earlier runs that were killed before they could. */
export async function openServersDirectory(): Promise<string> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(FOLDER_PREFIX)) continue;
    const owner = Number(entry.slice(FOLDER_PREFIX.length));
    if (!isAlive(owner)) await stopServers(join(tmpdir(), entry));
  }
  const directory = join(tmpdir(), `${FOLDER_PREFIX}${process.pid}`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o755 });
  return directory;
}

/** Stops every noted process below `directory` and removes the folder. A pid that now belongs to another program is left alone. */
export async function stopServers(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true }).catch(() => [])) {
    const pid = /(?:^|\/)(\d+)\.pid$/.exec(entry)?.[1];
    if (pid !== undefined) await stopProcess(Number(pid), directory);
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Kills `pid`, with the processes of its group where it leads one, when its command line names `directory`, and waits until it is gone. (A dead process that nobody has waited for
 *  keeps its pid, but has no command line.) */
async function stopProcess(pid: number, directory: string): Promise<void> {
  const belongsHere = async () =>
    (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes(directory);
  if (!(await belongsHere())) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    process.kill(pid, "SIGKILL");
  }
  for (let round = 0; round < 100 && (await belongsHere()); round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function makeFolder(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
