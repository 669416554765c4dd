import { type FileHandle, open } from "node:fs/promises";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { codeOf, fsError } from "../fs/fs_error.ts";
import { etagOf } from "../fs/meta_of_file.ts";
import { type ArchiveBytes, ArchiveFault } from "./archive_entry.ts";

/** An archive file that is open. */
export interface OpenArchive {
  readonly handle: FileHandle;
  readonly bytes: ArchiveBytes;
  /** The tag of this version of the file. */
  readonly version: string;
}

/** Opens the archive file. The store itself is `Unreachable` when it is missing. The caller closes it. */
export async function openArchive(
  info: StoreInfo,
  call: { readonly operation: string; readonly path?: string; readonly file: string },
): Promise<OpenArchive> {
  const { file, ...place } = call;
  const refuse = (state: string) => storeError(info, { ...place, kind: "Unreachable", state });
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") throw refuse("there is no such archive");
    throw fsError(info, { ...place, cause: error });
  }
  try {
    const found = await handle.stat({ bigint: true });
    if (!found.isFile()) throw refuse("it is no file");
    const size = Number(found.size);
    return {
      handle,
      version: etagOf(found),
      bytes: { size, at: (position, bytes) => readAt(handle, { position, bytes, size }) },
    };
  } catch (error) {
    await handle.close();
    throw fsError(info, { ...place, cause: error });
  }
}

async function readAt(
  handle: FileHandle,
  range: { readonly position: number; readonly bytes: number; readonly size: number },
): Promise<Buffer> {
  const { position, bytes, size } = range;
  if (position < 0 || position + bytes > size) throw new ArchiveFault("Corrupt", "it ends too early");
  const buffer = Buffer.alloc(bytes);
  for (let filled = 0; filled < bytes; ) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, position + filled);
    if (bytesRead === 0) throw new ArchiveFault("Corrupt", "it ends too early");
    filled += bytesRead;
  }
  return buffer;
}
