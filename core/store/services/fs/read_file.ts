import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { takeBuffer } from "../../../../ioswitch/buffer_pool.ts";
import { STREAM_CHUNK_BYTES } from "../../../limits.ts";
import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { codeOf, fsError } from "./fs_error.ts";
import type { FsRoot } from "./fs_root.ts";
import { etagOf } from "./meta_of_file.ts";

/** Opens a file for reading and gives its bytes in chunks of {@link STREAM_CHUNK_BYTES}, each in a buffer of its own.
 *
 *  The file stays the one that was opened, also when another takes its name meanwhile. A file that is cut short under the reader makes
 *  the stream fail. */
export async function readFile(
  root: FsRoot,
  call: ReadOptions & { readonly path: string },
): Promise<ObjectStream> {
  const { path, offset = 0, length = Number.POSITIVE_INFINITY, ifMatch, signal } = call;
  const place = { operation: "read", path };
  const { handle, size, etag } = await openFile(root, path);
  if (ifMatch !== undefined && ifMatch !== etag) {
    await handle.close();
    const state = "the object has been replaced";
    throw storeError(root.info, { ...place, kind: "ConditionFailed", state });
  }
  const end = Math.min(size, offset + length);
  let position = offset;
  let reading: Promise<unknown> = Promise.resolve();
  return objectStream({
    etag,
    async pull() {
      throwIfCancelled(root.info, { ...place, signal });
      if (position >= end) return undefined;
      const buffer = takeBuffer(Math.min(STREAM_CHUNK_BYTES, end - position));
      const read = handle.read(buffer, 0, buffer.length, position);
      reading = read;
      try {
        const { bytesRead } = await read;
        position += bytesRead;
        if (bytesRead > 0) return buffer.subarray(0, bytesRead);
      } catch (error) {
        throw fsError(root.info, { ...place, cause: error });
      }
      const state = `the file ended after ${position} of ${size} bytes`;
      throw storeError(root.info, { ...place, kind: "Unreachable", state, retry: "later" });
    },
    async close() {
      // Closed under a read, the number of the file could be another file's by then.
      await reading.catch(() => {});
      await handle.close();
    },
  });
}

/** Without O_NONBLOCK a named pipe would wait for a writer. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

async function openFile(
  root: FsRoot,
  path: string,
): Promise<{ readonly handle: FileHandle; readonly size: number; readonly etag: string }> {
  const call = { operation: "read", path };
  const place = await root.locate(call);
  if (place === undefined) throw await root.missing(call);
  let handle: FileHandle;
  try {
    handle = await open(place.file, READ).catch(async (error: unknown) => {
      if (codeOf(error) !== "ELOOP") throw error;
      const file = await root.resolve(call);
      if (file === undefined) throw await root.missing(call);
      return await open(file, READ);
    });
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") throw await root.missing(call);
    if (codeOf(error) === "EISDIR" || codeOf(error) === "ENXIO") throw notAnObject(root, path);
    throw fsError(root.info, { ...call, cause: error });
  }
  try {
    const found = await handle.stat({ bigint: true });
    if (!found.isFile()) throw notAnObject(root, path);
    return { handle, size: Number(found.size), etag: etagOf(found) };
  } catch (error) {
    await handle.close();
    throw fsError(root.info, { ...call, cause: error });
  }
}

function notAnObject(root: FsRoot, path: string): Error {
  const state = "there is no object but a directory or a special file";
  return storeError(root.info, { kind: "NotFound", operation: "read", path, state });
}
