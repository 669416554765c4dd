import type { FileEntryWithStats } from "ssh2";
import { isTemporaryName, LEFTOVER_AGE_MS, nameOfAside, reservedNameIn } from "../../files/reserved_names.ts";
import { batchedListing, createBatch, type Listing } from "../../listing.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { settleAside } from "./sftp_aside.ts";
import { kindOf, metaOf } from "./sftp_meta.ts";
import { requestsOf } from "./sftp_requests.ts";
import type { SftpRoot } from "./sftp_root.ts";
import { NO_CONNECTION, STATUS, statusOf } from "./sftp_session.ts";

/** Requests for the entries of one directory that are under way at first: most have few, and their end is told by one more answer. */
const FIRST_READS = 2;
/** Requests that are sent together for more of a large directory. */
const MORE_READS = 4;
/** An answer with fewer entries is likely to be the last. */
const LARGE_ANSWER_ENTRIES = 64;
/** Directories that are opened before it is their turn. */
const DIRECTORIES_AHEAD = 3;

/** A directory that is being listed. */
interface Level {
  readonly path: string;
  readonly handle: Buffer;
  /** The entries that the server gave last, and how many of them were seen. */
  entries: readonly FileEntryWithStats[];
  seen: number;
  /** Those that come next; `undefined` after the last. */
  readonly next: Promise<readonly FileEntryWithStats[] | undefined>[];
}

/** Lists the files below a directory, depth first, in the order the server gives them, with the attributes that come along.
 *
 *  Symbolic links are shown and not followed. What jcs keeps for itself is hidden; temporary files that a crash has left behind are
 *  removed on the way. Directories that vanish meanwhile are passed over, but when the root itself has vanished the list ends
 *  with `Unreachable`. A name that is not UTF-8, or holds `\`, is shown as well as text can show it and cannot be read by that path. */
export function listSftp(root: SftpRoot, options: SftpList): Listing {
  const { prefix: path, signal } = options;
  return batchedListing(listBatches(root, options), { info: root.info, path, signal });
}

type SftpList = ListOptions & { readonly prefix: string };

/** What is at hand is given before more is waited for. */
async function* listBatches(root: SftpRoot, options: SftpList): AsyncGenerator<readonly ObjectMeta[]> {
  const { prefix, delimited = false, signal } = options;
  const call = { operation: "list", path: prefix, signal };
  const lease = await root.take(call);
  const session = lease.connection;
  const requests = requestsOf(session, root.wait(call));
  const levels: Level[] = [];
  const batch = createBatch();
  const nextOf = (handle: Buffer) => {
    const next = requests.readDirectory(handle).catch((error: unknown) => {
      if (statusOf(error) === STATUS.endOfFile) return undefined;
      throw error;
    });
    // It may fail before anybody looks.
    next.catch(() => {});
    return next;
  };
  const askFor = (handle: Buffer, count: number) => Array.from({ length: count }, () => nextOf(handle));
  /** Directories that were opened ahead, by their paths. */
  const ahead = new Map<string, Promise<Level | undefined>>();
  const openLevel = async (path: string): Promise<Level | undefined> => {
    try {
      const handle = await requests.openDirectory(root.native(path));
      return {
        path,
        handle,
        entries: [],
        seen: 0,
        next: askFor(handle, FIRST_READS),
      };
    } catch (error) {
      if (await isNoDirectory(root, { path, requests, error })) return undefined;
      throw error;
    }
  };
  const enter = async (path: string) => {
    const opening = ahead.get(path) ?? openLevel(path);
    ahead.delete(path);
    const level = await opening;
    if (level !== undefined) levels.push(level);
  };
  const openAhead = ({ path, entries, seen }: Level) => {
    for (let index = seen; index < entries.length && ahead.size < DIRECTORIES_AHEAD; index++) {
      const entry = entries[index]!;
      const name = entry.filename;
      if (kindOf(entry.attrs) !== "directory" || name === "." || name === ".." || /[/\0]/.test(name))
        continue;
      const below = path === "" ? name : `${path}/${name}`;
      if (ahead.has(below) || reservedNameIn(below) !== undefined) continue;
      const opening = openLevel(below);
      // It may fail before anybody looks.
      opening.catch(() => {});
      ahead.set(below, opening);
    }
  };
  try {
    await root.require(session, call);
    await enter(prefix);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      throwIfCancelled(root.info, call);
      const entry = level.entries[level.seen];
      if (entry === undefined) {
        yield batch.take();
        const entries = await level.next.shift();
        if (entries === undefined) {
          levels.pop();
          // Those under way come before it and find no more either.
          await requests.close(level.handle);
          continue;
        }
        level.entries = entries;
        level.seen = 0;
        const more = entries.length < LARGE_ANSWER_ENTRIES ? 1 : MORE_READS;
        if (level.next.length < (more > 1 ? FIRST_READS : 1)) level.next.push(...askFor(level.handle, more));
        continue;
      }
      level.seen += 1;
      const name = entry.filename;
      if (name === "." || name === "..") continue;
      if (name === "" || /[/\0]/.test(name)) {
        const state = `the server lists a name that is none: ${JSON.stringify(name.slice(0, 80))}`;
        throw storeError(root.info, { ...call, kind: "Unexpected", state });
      }
      const path = level.path === "" ? name : `${level.path}/${name}`;
      if (isTemporaryName(name)) {
        if (Date.now() - entry.attrs.mtime * 1000 > LEFTOVER_AGE_MS) {
          await requests.remove(root.native(path)).catch(() => {});
        }
        continue;
      }
      const aside = nameOfAside(name);
      if (aside !== undefined) {
        const object = { ...call, path: `${path.slice(0, path.length - name.length)}${aside}` };
        yield batch.take();
        const found = await settleAside(root, session, object);
        if (found !== undefined) batch.add(metaOf(object.path, found));
        continue;
      }
      if (reservedNameIn(path) !== undefined) continue;
      // Servers that give no attributes give a line as of ls -l.
      const kind = kindOf(entry.attrs) ?? KINDS[entry.longname[0] ?? "-"] ?? "special";
      if (kind === "directory") {
        if (delimited) batch.add({ path, kind });
        else {
          yield batch.take();
          openAhead(level);
          await enter(path);
        }
      } else if (kind !== "special") batch.add({ ...metaOf(path, entry.attrs), kind });
    }
    await root.require(session, call);
  } catch (error) {
    const fault = root.fault(call, error);
    yield batch.takeBefore(fault);
    throw fault;
  } finally {
    const letGo = (level: Level | undefined) =>
      level === undefined ? undefined : requestsOf(session).close(level.handle);
    for (const level of [...levels, ...ahead.values()])
      Promise.resolve(level)
        .then(letGo)
        .catch(() => {});
    lease.release();
  }
}

const KINDS: Readonly<Record<string, ObjectMeta["kind"]>> = { "-": "file", d: "directory", l: "link" };

/** Whether a directory could not be opened because there is none, or an object. */
async function isNoDirectory(
  root: SftpRoot,
  {
    path,
    requests,
    error,
  }: {
    readonly path: string;
    readonly requests: ReturnType<typeof requestsOf>;
    readonly error: unknown;
  },
): Promise<boolean> {
  const status = statusOf(error);
  if (status === STATUS.noSuchFile || status === STATUS.notADirectory) return true;
  if (status !== STATUS.failure || (error instanceof Error && error.message === NO_CONNECTION)) return false;
  const found = await requests.stat(root.native(path)).catch(() => undefined);
  return found === undefined || kindOf(found) !== "directory";
}
