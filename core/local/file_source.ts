import { constants, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { giveBack, takeBuffer } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { JcsError } from "../errors.ts";
import { STREAM_CHUNK_BYTES } from "../limits.ts";
import { localCalls } from "./local_calls.ts";
import { localError } from "./local_error.ts";
import { type LocalFile, openLocalFile } from "./local_file.ts";

/** A local file as the source of an object. */
export interface FileSource {
  /** Length in bytes when the source was made. */
  readonly size: number;
  readonly modifiedAt: Date;
  /** May be read any number of times. */
  readonly reopenable: true;
  /** The file's bytes in chunks of {@link STREAM_CHUNK_BYTES}, each in its own buffer that belongs to the reader.
   *
   *  Throws `ConditionFailed` when the file is not the one that {@link fileSource} saw, has more bytes than it says, or grows, shrinks or is
   *  written to while it is read; the last pull checks that, so what came before is to be thrown away. */
  open(): ByteStream;
}

/** Looks at a local file (links are followed) and makes a source of it. Nothing is kept open.
 *
 *  Throws `NotFound` or `PermissionDenied`, and `Usage` for a directory and for what is no plain file: reading a pipe or a device might
 *  never end. */
export async function fileSource(file: string): Promise<FileSource> {
  const found = await localCalls(
    () => statSync(file, { bigint: true }),
    () => stat(file, { bigint: true }),
  ).catch((error: unknown) => {
    throw localError(error, { action: "read", file });
  });
  if (!found.isFile())
    throw notPlain(file, found.isDirectory() ? "it is a directory" : "it is not a plain file");
  const version: Version = { size: found.size, mtimeNs: found.mtimeNs };
  return {
    size: Number(found.size),
    modifiedAt: new Date(Number(found.mtimeNs / 1_000_000n)),
    reopenable: true,
    open: () => readFile(file, version),
  };
}

/** What tells two states of a file apart. */
interface Version {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

async function* readFile(file: string, version: Version): AsyncGenerator<Uint8Array> {
  let opened: LocalFile | undefined;
  let ahead: Promise<Uint8Array> | undefined;
  try {
    // O_NONBLOCK: a pipe that took the file's place meanwhile must not hold us up.
    opened = await openLocalFile(file, { flags: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) });
    await checkVersion(opened, { file, version });
    const size = Number(version.size);
    let position = 0;
    const readNext = (from: LocalFile) =>
      position < size
        ? readChunk(from, { position, bytes: Math.min(STREAM_CHUNK_BYTES, size - position) })
        : undefined;
    ahead = readNext(opened);
    while (ahead !== undefined) {
      const chunk = await ahead;
      if (chunk.length === 0) throw changed(file);
      position += chunk.length;
      // The next chunk is read while the caller works on this one.
      ahead = readNext(opened);
      yield chunk;
    }
    // The files of /proc say that they are empty, and are not.
    if ((await readChunk(opened, { position, bytes: 1 })).length > 0) throw changed(file);
    await checkVersion(opened, { file, version });
  } catch (error) {
    throw localError(error, { action: "read", file });
  } finally {
    const unread = await ahead?.catch(() => undefined);
    if (unread !== undefined) giveBack(unread);
    await opened?.close();
  }
}

/** The `bytes` at `position`, fewer only where the file ends. */
async function readChunk(
  opened: LocalFile,
  range: { readonly position: number; readonly bytes: number },
): Promise<Uint8Array> {
  const { position, bytes } = range;
  const buffer = takeBuffer(bytes);
  const filled = await opened.read(buffer, position);
  return filled === bytes ? buffer : buffer.subarray(0, filled);
}

async function checkVersion(
  opened: LocalFile,
  expected: { readonly file: string; readonly version: Version },
): Promise<void> {
  const now = await opened.stat();
  const { size, mtimeNs } = expected.version;
  if (!now.isFile() || now.size !== size || now.mtimeNs !== mtimeNs) throw changed(expected.file);
}

function changed(file: string): JcsError {
  return new JcsError("ConditionFailed", `Cannot read ${JSON.stringify(file)}: changed while it was read`, {
    retry: "later",
    where: { operation: "read", path: file },
  });
}

function notPlain(file: string, why: string): JcsError {
  const hint = why === "it is a directory" ? "" : '. Pipe its content in with "-" instead';
  return new JcsError("Usage", `Cannot read ${JSON.stringify(file)}: ${why}${hint}`, {
    where: { operation: "read", path: file },
  });
}
