import { parseList } from "basic-ftp";
import type { JcsError } from "../../../errors.ts";
import { isTemporaryName, LEFTOVER_AGE_MS, nameOfAside, reservedNameIn } from "../../files/reserved_names.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { settleFtp } from "./ftp_aside.ts";
import type { FtpConnection } from "./ftp_connection.ts";
import { type FtpEntry, isLineOfFacts, parseFacts } from "./ftp_facts.ts";
import { decodeFtpName } from "./ftp_names.ts";
import { type FtpCall, type FtpRoot, isAnswer } from "./ftp_root.ts";
import { metaOf } from "./ftp_write.ts";

/** A listing of up to so many names is taken whole, so that its connection is free while its consumer works; a longer one comes in
 *  pieces of that size. */
const ENTRIES_HELD_MAX = 10_000;

/** Longest line of a listing. */
const LINE_BYTES_MAX = 64 * 1024;

/** Lists the files below a directory, a directory at a time. What jcs keeps for itself is hidden; temporary files that a crash has left
 *  behind are removed on the way. Directories that vanish meanwhile are passed over, but when the root itself has vanished the list
 *  ends with `Unreachable`. Memory: the names of the directories that are still to come, and {@link ENTRIES_HELD_MAX} names. */
export async function* listFtp(
  root: FtpRoot,
  options: ListOptions & { readonly prefix: string },
): AsyncIterable<ObjectMeta> {
  const { prefix, delimited = false, signal } = options;
  const call = { operation: "list", path: prefix, signal };
  await root.run(call, (connection) => root.require(connection, call));
  const waiting = [prefix];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for await (const entries of readDirectory(root, { ...call, path: directory })) {
      for (const entry of entries) {
        throwIfCancelled(root.info, call);
        const name = decodeFtpName(entry.name);
        if (/[/\0]/.test(entry.name)) throw senseless(root, call, entry.name);
        const path = directory === "" ? name : `${directory}/${name}`;
        const aside = nameOfAside(name);
        if (aside !== undefined) {
          const object = { ...call, path: `${path.slice(0, path.length - name.length)}${aside}` };
          const found = await root.run(object, (one) => settleFtp(root, { ...object, connection: one }));
          if (found !== undefined) yield metaOf(object.path, found);
        } else if (isTemporaryName(name)) await removeLeftover(root, { ...call, path }, entry);
        else if (reservedNameIn(path) !== undefined || entry.kind === "special") continue;
        else if (entry.kind !== "directory") yield metaOf(path, entry);
        else if (delimited) yield { path, kind: "directory" };
        else waiting.push(path);
      }
    }
  }
  await root.run(call, (connection) => root.require(connection, call));
}

/** What is in one directory, in pieces; nothing when there is no directory. */
async function* readDirectory(root: FtpRoot, call: FtpCall): AsyncIterable<readonly FtpEntry[]> {
  const lease = await root.takeForReading(call);
  const { connection } = lease;
  try {
    const parseLine = connection.features.has("MLST") ? parseLineOfFacts : parseLineOfList;
    const parse = (line: string) => {
      const entries = parseLine(line);
      if (entries === undefined) throw senseless(root, call, line);
      return entries;
    };
    const download = await open(root, { ...call, connection });
    if (download === undefined) return;
    const decoder = new TextDecoder();
    let entries: FtpEntry[] = [];
    let rest = "";
    try {
      for (let chunk = await download.next(); chunk !== undefined; chunk = await download.next()) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > LINE_BYTES_MAX) {
          throw senseless(root, call, rest);
        }
        for (const entry of parseLines(lines, parse)) entries.push(entry);
        if (entries.length >= ENTRIES_HELD_MAX) {
          yield entries;
          entries = [];
        }
      }
    } finally {
      await download.end();
    }
    entries.push(...parseLines([rest + decoder.decode()], parse));
    lease.release();
    yield entries;
  } catch (error) {
    throw root.fault(call, error);
  } finally {
    lease.release();
  }
}

async function open(
  root: FtpRoot,
  { connection, ...call }: FtpCall & { readonly connection: FtpConnection },
) {
  const native = root.native(connection, call.path);
  const wait = root.wait(call);
  try {
    if (connection.features.has("MLST")) {
      const found = await root.look(connection, call);
      // Some servers list a file as a directory with itself in it.
      if (found?.kind !== "directory") return undefined;
      return await connection.download(`MLSD ${native}`, wait);
    }
    // Names with spaces or a dash in front would be taken for options.
    await connection.command(`CWD ${native}`, wait);
    return await connection.download("LIST -a", wait);
  } catch (error) {
    if (!isAnswer(error) || error.code !== 550) throw error;
    if ((await root.look(connection, call))?.kind === "directory") throw error;
    return undefined;
  }
}

const KINDS = { 0: "special", 1: "file", 2: "directory", 3: "link" } as const;

function parseLines(
  lines: readonly string[],
  parse: (line: string) => readonly FtpEntry[],
): readonly FtpEntry[] {
  return lines.map((line) => line.replace(/\r$/, "")).flatMap((line) => (line === "" ? [] : parse(line)));
}

/** What a line of MLSD names: at most one entry; `undefined` when it is no line of MLSD. */
function parseLineOfFacts(line: string): readonly FtpEntry[] | undefined {
  if (!isLineOfFacts(line)) return undefined;
  const entry = parseFacts(line);
  return entry === undefined ? [] : [entry];
}

/** What a line of LIST names: at most one entry; `undefined` when it is as of no server that is known. */
function parseLineOfList(line: string): readonly FtpEntry[] | undefined {
  try {
    return parseList(line)
      .filter(({ name }) => name !== "." && name !== "..")
      .map(({ name, type, size }) => ({ name, kind: KINDS[type], ...(type === 1 ? { size } : {}) }));
  } catch {
    return undefined;
  }
}

/** The error of a listing that cannot be understood: to leave the line out would be to claim that there is nothing. */
function senseless(root: FtpRoot, { operation, path }: FtpCall, line: string): JcsError {
  const shown = JSON.stringify(line.slice(0, 80));
  const state = `the server's listing has a line that makes no sense: ${shown}`;
  return storeError(root.info, { operation, path, kind: "Unexpected", state });
}

async function removeLeftover(root: FtpRoot, call: FtpCall, { modifiedAt }: FtpEntry): Promise<void> {
  if (modifiedAt === undefined || Date.now() - modifiedAt.getTime() <= LEFTOVER_AGE_MS) return;
  try {
    await root.run(call, async (connection) => {
      await connection.command(`DELE ${root.native(connection, call.path)}`, root.wait(call));
    });
  } catch {
    // Gone already, or not ours to remove: it stays hidden all the same.
  }
}
