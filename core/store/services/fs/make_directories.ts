import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DirectorySync } from "../../../local/directory_sync.ts";
import { codeOf } from "./fs_error.ts";
import type { FsCall, FsRoot } from "./fs_root.ts";

/** Makes directories below the root, and knows which of them are not on the disk yet. */
export interface DirectoryMaker {
  /** Makes the directories of `path` that are missing, and makes them durable. Never makes the root: when that is gone, `Unreachable`. */
  make(call: FsCall): Promise<void>;
  /** Waits until every directory above `path` is durable that somebody else is still making. */
  settled(path: string): Promise<void>;
}

/** A {@link DirectoryMaker} for one root. */
export function directoryMaker(root: FsRoot, sync: DirectorySync): DirectoryMaker {
  /** New directories, relative to the root, whose names are on their way to the disk. */
  const pending = new Map<string, Promise<void>>();

  const makeOne = async (call: FsCall): Promise<void> => {
    // A parent that is a link leading outside is refused here, before anything is made behind it.
    const place = await root.locate(call);
    if (place === undefined) throw await root.vanished(call);
    await mkdir(place.file).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    await sync.sync(dirname(place.file));
  };

  return {
    async make(call) {
      await root.require(call);
      let path = "";
      for (const name of call.path.split("/")) {
        path = path === "" ? name : `${path}/${name}`;
        const one = { ...call, path };
        if (!pending.has(path) && (await root.resolve(one)) !== undefined) continue;
        const making = pending.get(path) ?? makeOne(one).finally(() => pending.delete(one.path));
        pending.set(path, making);
        await making;
      }
    },
    async settled(path) {
      if (pending.size === 0) return;
      for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
        await pending.get(path.slice(0, end));
      }
    },
  };
}

/** The directory of a normalised path, empty at the top. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** The operating system's path of something below the root, links not followed. */
export function nativePath(root: FsRoot, path: string): string {
  return join(root.directory, path);
}
