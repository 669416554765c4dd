import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { Body } from "../../take_body.ts";
import { codeOf, fsError } from "./fs_error.ts";
import type { FsCall } from "./fs_root.ts";
import { metaOfFile } from "./meta_of_file.ts";
import type { FsContext } from "./replace_file.ts";
import { writeBody } from "./write_body.ts";

/** How a file is changed where it lies. */
export interface FileChange {
  /** The true path of an object that is there, all links followed. */
  readonly file: string;
  readonly body: Body;
  /** Where the body goes; at the end unless given. Must not be past the end. */
  readonly offset?: number;
}

/** Writes the body into an existing file, durable when it resolves. What fails in the middle may have written a part.
 *
 *  The tag of the file is another afterwards, also where the clock of the file system is too coarse to tell. A reader that is under way sees
 *  the bytes it was promised when they are appended to, and may see old and new ones when they are replaced. */
export async function changeFile(context: FsContext, change: FsCall & FileChange): Promise<ObjectMeta> {
  const { root, durable } = context;
  const { operation, path, body, offset } = change;
  const call = { operation, path };
  let handle: FileHandle;
  try {
    handle = await open(change.file, offset === undefined ? APPEND : CHANGE);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") throw await root.missing(call);
    throw fsError(root.info, { ...call, cause: error });
  }
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) {
      throw storeError(root.info, {
        ...call,
        kind: "NotFound",
        state: "there is no object but a special file",
      });
    }
    if (offset !== undefined && !(offset <= before.size)) {
      const state = `byte ${offset} is past the end of ${before.size} bytes`;
      throw storeError(root.info, { ...call, kind: "Usage", state });
    }
    await root.require(call);
    await writeBody(handle, { body, durable, ...(offset === undefined ? { append: true } : { offset }) });
    let after = await handle.stat({ bigint: true });
    if (after.mtimeNs <= before.mtimeNs && after.size === before.size) {
      const later = new Date(Number(before.mtimeNs / 1_000_000n) + 1);
      await handle.utimes(later, later);
      after = await handle.stat({ bigint: true });
    }
    if (durable) await handle.sync();
    return metaOfFile(path, after);
  } catch (error) {
    throw codeOf(error) === "" ? error : fsError(root.info, { ...call, cause: error });
  } finally {
    await handle.close();
  }
}

const SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CHANGE = constants.O_WRONLY | SAFE;
const APPEND = CHANGE | constants.O_APPEND;
