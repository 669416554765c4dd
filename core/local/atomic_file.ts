import { randomBytes } from "node:crypto";
import { linkSync, renameSync, unlinkSync } from "node:fs";
import { link, lstat, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { JcsError } from "../errors.ts";
import { type DirectorySync, directorySync } from "./directory_sync.ts";
import { localCalls } from "./local_calls.ts";
import { localError, systemCode } from "./local_error.ts";
import { type LocalFile, openLocalFile } from "./local_file.ts";

/** Names of files that are not complete yet start with this. */
export const PARTIAL_PREFIX = ".jcs-partial-";

/** Whether `name` is one that {@link writeAtomicFile} gives to a file that is not complete. */
export function isPartialName(name: string): boolean {
  return name.startsWith(PARTIAL_PREFIX) && /^[0-9a-f]{16}$/.test(name.slice(PARTIAL_PREFIX.length));
}

/** Makes names of local files durable: many files of one directory share the work. */
export const localNames: DirectorySync = directorySync({ enabled: true });

/** Options of {@link writeAtomicFile}. */
export interface AtomicFileOptions {
  /** Modification time that the file gets. */
  readonly modifiedAt?: Date;
  /** Whether a file that is there may be replaced; without it, one that is there, or appears meanwhile, is `AlreadyExists`. */
  readonly replace: boolean;
  /** Makes the name durable; {@link localNames} unless given. */
  readonly names?: DirectorySync;
  /** Ends the write with `Cancelled`. */
  readonly signal?: AbortSignal;
  /** Called with the complete file under its temporary name; a throw keeps it from becoming visible. */
  readonly check?: (partial: string) => Promise<void>;
}

/** Writes `body` to local file `target`, whose directory must exist: complete, or not at all. Resolves to the number of bytes.
 *
 *  The bytes go to a temporary file beside the target, which is synced to disk, given its time, and renamed. On any failure, of the
 *  body too, the temporary file is removed and the target is as it was. A symbolic link at the target is replaced, not followed. The
 *  mode is that of any new file of the user. */
export async function writeAtomicFile(
  target: string,
  body: ByteStream,
  options: AtomicFileOptions,
): Promise<number> {
  const directory = dirname(target);
  const partial = join(directory, `${PARTIAL_PREFIX}${randomBytes(8).toString("hex")}`);
  let file: LocalFile | undefined;
  try {
    file = await openPartial(partial, target);
    const bytes = await writeBody(file, { body, target, signal: options.signal });
    await finish(file, { target, modifiedAt: options.modifiedAt });
    file = undefined;
    await options.check?.(partial);
    throwIfCancelled(options.signal, target);
    await publish(partial, { target, replace: options.replace });
    // Where a platform cannot make a name durable, the file is whole all the same.
    await (options.names ?? localNames).sync(directory).catch(() => undefined);
    return bytes;
  } catch (error) {
    await file?.close().catch(() => undefined);
    await unlink(partial).catch(() => undefined);
    throw error;
  }
}

async function openPartial(partial: string, target: string): Promise<LocalFile> {
  try {
    return await openLocalFile(partial, { flags: "wx" });
  } catch (error) {
    throw localError(error, { action: "write", file: target });
  }
}

async function writeBody(
  file: LocalFile,
  options: { readonly body: ByteStream; readonly target: string; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const { target, signal } = options;
  let bytes = 0;
  // An error of the body passes as it is; only one of the disk is put into words here.
  for await (const chunk of options.body) {
    throwIfCancelled(signal, target);
    await file.write(chunk, bytes).catch((error: unknown) => {
      throw localError(error, { action: "write", file: target });
    });
    bytes += chunk.length;
    giveBack(chunk);
  }
  throwIfCancelled(signal, target);
  return bytes;
}

/** Gives the file its time, makes its bytes durable and closes it. */
async function finish(
  file: LocalFile,
  options: { readonly target: string; readonly modifiedAt: Date | undefined },
): Promise<void> {
  const { modifiedAt: time } = options;
  try {
    if (time !== undefined) await file.setTime(time);
    await file.sync();
    await file.close();
  } catch (error) {
    throw localError(error, { action: "write", file: options.target });
  }
}

/** What a file system without hard links answers. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EINVAL"];

async function publish(
  partial: string,
  options: { readonly target: string; readonly replace: boolean },
): Promise<void> {
  const { target } = options;
  try {
    if (options.replace) {
      return await localCalls(
        () => renameSync(partial, target),
        () => rename(partial, target),
      );
    }
    // A hard link, unlike a rename, fails when the name is taken.
    const code = await localCalls(
      () => linkSync(partial, target),
      () => link(partial, target),
    ).then(() => undefined, systemCodeOrThrow);
    if (code === undefined) {
      return await localCalls(
        () => unlinkSync(partial),
        () => unlink(partial),
      );
    }
    if (code === "EEXIST" || (await exists(target))) throw existsAlready(target);
    await rename(partial, target);
  } catch (error) {
    throw localError(error, { action: "write", file: target });
  }
}

function systemCodeOrThrow(error: unknown): string {
  const code = systemCode(error);
  if (code === "EEXIST" || (code !== undefined && NO_LINKS.includes(code))) return code;
  throw error;
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function existsAlready(target: string): JcsError {
  return new JcsError("AlreadyExists", `Cannot write ${JSON.stringify(target)}: it exists already`, {
    where: { operation: "write", path: target },
  });
}

function throwIfCancelled(signal: AbortSignal | undefined, target: string): void {
  if (signal?.aborted) {
    throw new JcsError("Cancelled", `Cannot write ${JSON.stringify(basename(target))}: interrupted`);
  }
}
