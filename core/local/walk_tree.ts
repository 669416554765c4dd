import type { Dirent } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { JcsError } from "../errors.ts";
import { localError, systemCode } from "./local_error.ts";

/** Most names of one directory that are held to be sorted. */
const SORTED_NAMES_MAX = 100_000;

/** Something that {@link walkTree} came by. `path` is relative to the root, with `/` between names; `file` opens it. */
export type TreeEntry =
  | { readonly kind: "file"; readonly path: string; readonly file: string }
  /** A directory with nothing in it. */
  | { readonly kind: "empty"; readonly path: string; readonly file: string }
  /** Something that cannot be read, or is neither file nor directory. The walk goes on behind it. */
  | { readonly kind: "failure"; readonly path: string; readonly file: string; readonly error: JcsError };

/** Every file below directory `root`, one directory at a time: memory grows with the depth of the tree, not with the number of files.
 *
 *  The entries of a directory come sorted by name (a directory sorts as if its name ended with `/`); after the first 100,000 of one
 *  directory the rest comes in the order of the file system. Symbolic links are followed, to files and to directories; one that leads
 *  back into a directory it lies in is a failure, as are pipes, sockets and devices. Never throws for an entry; `signal` ends it with
 *  `Cancelled`. */
export async function* walkTree(
  root: string,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<TreeEntry> {
  const top: Place = { path: "", file: root };
  const first = await enter(top, []);
  if (first.kind === "failure") {
    yield first;
    return;
  }
  const stack = [first];
  try {
    for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
      if (options.signal?.aborted)
        throw new JcsError("Cancelled", `Cannot list ${JSON.stringify(root)}: interrupted`);
      const step = await nextEntry(level);
      if (step === undefined) {
        stack.pop();
        if (level.count === 0) yield { kind: "empty", path: level.path, file: level.file };
      } else {
        const found = step.kind === "unknown" ? await resolveEntry(step) : step;
        const entry = found.kind === "directory" ? await enter(found, stack) : found;
        if (entry.kind === "level") stack.push(entry);
        else yield entry;
      }
    }
  } finally {
    for (const level of stack) await level.entries.return(undefined);
  }
}

interface Place {
  readonly path: string;
  readonly file: string;
}

type Failure = TreeEntry & { readonly kind: "failure" };
type File = Place & { readonly kind: "file" };
type Directory = Place & { readonly kind: "directory" };
type Unknown = Place & { readonly kind: "unknown" };

/** A directory that is being walked. */
interface Level extends Place {
  readonly kind: "level";
  readonly identity: string;
  readonly entries: AsyncGenerator<Dirent>;
  count: number;
}

async function enter(place: Place, above: readonly Level[]): Promise<Level | Failure> {
  try {
    const { dev, ino } = await stat(place.file, { bigint: true });
    const identity = `${dev}:${ino}`;
    const loop = above.find((level) => level.identity === identity);
    if (loop !== undefined) {
      const why = `the link leads back to ${JSON.stringify(loop.file)}`;
      return failure(place, new JcsError("Usage", `Cannot read ${JSON.stringify(place.file)}: ${why}`));
    }
    return { ...place, kind: "level", identity, entries: sortedEntries(place.file), count: 0 };
  } catch (error) {
    return failure(place, localError(error, { action: "read", file: place.file }));
  }
}

/** The next name of the directory; `undefined` after the last. */
async function nextEntry(level: Level): Promise<File | Directory | Unknown | Failure | undefined> {
  try {
    const next = await level.entries.next();
    if (next.done) return undefined;
    const entry = next.value;
    level.count++;
    const place = {
      path: level.path === "" ? entry.name : `${level.path}/${entry.name}`,
      file: join(level.file, entry.name),
    };
    // U+FFFD may stand for bytes that are no UTF-8: looking at the file tells.
    if (entry.name.includes("\ufffd")) return { ...place, kind: "unknown" };
    return { ...place, kind: entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "unknown" };
  } catch (error) {
    // The generator is finished: the next call ends this directory, and it must not count as empty.
    level.count++;
    return failure(level, localError(error, { action: "read", file: level.file }));
  }
}

/** What a link, or an entry of a kind that the directory does not tell, is. */
async function resolveEntry(place: Place): Promise<File | Directory | Failure> {
  try {
    const found = await stat(place.file);
    if (found.isFile()) return { ...place, kind: "file" };
    if (found.isDirectory()) return { ...place, kind: "directory" };
    const why = found.isFIFO()
      ? "a named pipe"
      : found.isSocket()
        ? "a socket"
        : found.isCharacterDevice() || found.isBlockDevice()
          ? "a device"
          : "neither a file nor a directory";
    return failure(place, new JcsError("Usage", `Cannot store ${JSON.stringify(place.file)}: it is ${why}`));
  } catch (error) {
    if (systemCode(error) !== "ENOENT")
      return failure(place, localError(error, { action: "read", file: place.file }));
    const why = place.path.includes("\ufffd") ? "its name is not valid UTF-8" : "the link leads to nothing";
    return failure(place, new JcsError("NotFound", `Cannot read ${JSON.stringify(place.file)}: ${why}`));
  }
}

function failure(place: Place, error: JcsError): Failure {
  return { kind: "failure", path: place.path, file: place.file, error };
}

async function* sortedEntries(directory: string): AsyncGenerator<Dirent> {
  const handle = await opendir(directory, { bufferSize: 256 });
  const entries = handle[Symbol.asyncIterator]();
  try {
    const held: { readonly key: string; readonly entry: Dirent }[] = [];
    let next = await entries.next();
    for (; !next.done && held.length < SORTED_NAMES_MAX; next = await entries.next()) {
      const entry = next.value;
      held.push({ key: entry.isDirectory() ? `${entry.name}/` : entry.name, entry });
    }
    held.sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { entry } of held) yield entry;
    for (; !next.done; next = await entries.next()) yield next.value;
  } finally {
    // Also closes the directory.
    await entries.return?.();
  }
}
