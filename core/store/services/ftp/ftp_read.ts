import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { lookForObject } from "./ftp_aside.ts";
import type { FtpDownload } from "./ftp_connection.ts";
import { type FtpRoot, isAnswer } from "./ftp_root.ts";

/** Reads a file with RETR, from the middle with REST. A range that ends before the file does is broken off.
 *
 *  The file is one that was opened once; the server keeps it when another takes its name. It must have the length that the server said
 *  it has, or the stream fails. */
export async function readFtp(
  root: FtpRoot,
  call: ReadOptions & { readonly path: string },
): Promise<ObjectStream> {
  const { path, offset = 0, length = Number.POSITIVE_INFINITY, signal } = call;
  const place = { operation: "read", path, signal };
  const lease = await root.takeForReading(place);
  const { connection } = lease;
  let download: FtpDownload | undefined;
  let size: number;
  try {
    const found = await lookForObject(root, { ...place, connection });
    if (found === undefined) throw await root.missing(connection, place);
    if (found.kind === "directory" || found.kind === "special") {
      const state = "there is no object but a directory or a special file";
      throw storeError(root.info, { operation: "read", path, kind: "NotFound", state });
    }
    size = found.size ?? Number.POSITIVE_INFINITY;
    if (offset < size && length > 0) {
      const text = `RETR ${root.native(connection, path)}`;
      download = await connection.download(text, { ...root.wait(place), offset }).catch(async (error) => {
        if (isAnswer(error) && error.code === 550 && (await root.look(connection, place)) === undefined) {
          throw await root.missing(connection, place);
        }
        throw error;
      });
    }
  } catch (error) {
    lease.release();
    throw root.fault(place, error);
  }
  const end = Math.min(size, offset + length);
  let position = offset;
  return objectStream({
    async pull() {
      if (download === undefined || position >= end) {
        // Only the server's own word says that it sent all there was.
        if (download !== undefined && position === size) await finish(download);
        return undefined;
      }
      const chunk = await download.next().catch((error: unknown) => {
        throw root.fault(place, error);
      });
      if (chunk !== undefined) {
        const wanted = chunk.subarray(0, Math.min(chunk.length, end - position));
        position += wanted.length;
        return wanted;
      }
      if (size === Number.POSITIVE_INFINITY) return undefined;
      const state = `the file ended after ${position} of ${size} bytes`;
      throw storeError(root.info, { operation: "read", path, kind: "Unreachable", state, retry: "later" });
    },
    async close() {
      await download?.end();
      lease.release();
    },
  });

  async function finish(all: FtpDownload): Promise<void> {
    const more = await all.next().catch((error: unknown) => {
      throw root.fault(place, error);
    });
    if (more === undefined) return;
    const state = `the file is longer than ${size} bytes`;
    throw storeError(root.info, { operation: "read", path, kind: "Unreachable", state, retry: "later" });
  }
}
