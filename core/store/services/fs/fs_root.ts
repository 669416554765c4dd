import { lstat, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve as resolvePath, sep } from "node:path";
import type { JcsError } from "../../../errors.ts";
import { normalizeFilePath } from "../../files/normalize_file_path.ts";
import { MARK_NAME } from "../../files/reserved_names.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { codeOf, fsError } from "./fs_error.ts";

/** As many links as Linux follows on one path. */
const LINKS_MAX = 40;

/** One operation on one path, as messages need it. */
export interface FsCall {
  readonly operation: string;
  /** Normalised, relative to the work directory. */
  readonly path: string;
}

/** Where an operation takes place: the true directory and the name in it. */
export interface FsPlace {
  /** Absolute and free of symbolic links. */
  readonly directory: string;
  /** `directory` and the name of the object. */
  readonly file: string;
}

/** The root directory of a store: turns paths into places inside it, and knows whether it is still there.
 *
 *  What is guaranteed: no operation reaches a file that lay outside of the root when the operation began. Directories that are
 *  symbolic links are followed where they stay inside and refused (`PermissionDenied`) where they lead outside. The operation then goes by
 *  the resolved path and does not follow a link in the last name. What is not: a local process that may write in the root and swaps a
 *  directory for a link in the instant between that check and the use is not kept out. */
export interface FsRoot {
  readonly info: StoreInfo;
  /** The root as the caller named it, in the operating system's spelling. */
  readonly directory: string;
  /** The normalised path; `Usage` for what is no path or is reserved for jcs's own files. */
  normalize(path: string): string;
  /** The true place of `call.path`, or `undefined` when its directory does not exist. */
  locate(call: FsCall): Promise<FsPlace | undefined>;
  /** The true path of what is at `call.path`, all links followed, or `undefined` when nothing is there. */
  resolve(call: FsCall): Promise<string | undefined>;
  /** Throws `Unreachable` unless the root is there and, for a prepared store, bears its mark. */
  require(call: { readonly operation: string; readonly path?: string }): Promise<void>;
  /** The error for something that was not found: `Unreachable` when the root is gone, else `NotFound`. */
  missing(call: FsCall): Promise<JcsError>;
  /** The error for a directory that somebody removed while it was being written in; `Unreachable` either way. */
  vanished(call: FsCall, cause?: unknown): Promise<JcsError>;
}

/** The root of a store at `directory`. Touches nothing yet. */
export function fsRoot(
  info: StoreInfo,
  options: { readonly directory: string; readonly prepared: boolean },
): FsRoot {
  const { directory, prepared } = options;
  let trueRoot: string | undefined;

  /** Whether a path without links lies in the root. The root may be moved or mounted anew at any time. */
  const isInside = async (truePath: string): Promise<boolean> => {
    if (trueRoot !== undefined && isBelow(truePath, trueRoot)) return true;
    trueRoot = await realpath(directory);
    return isBelow(truePath, trueRoot);
  };
  /** Only for directories: Bun's realpath sometimes does not find a file that is being replaced. */
  const follow = async (target: string, call: FsCall): Promise<string | undefined> => {
    try {
      const truePath = await realpath(target);
      if (await isInside(truePath)) return truePath;
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
      throw fsError(info, { ...call, cause: error });
    }
    const state = "a symbolic link leads outside of the work directory";
    throw storeError(info, { ...call, kind: "PermissionDenied", state });
  };
  const root: FsRoot = {
    info,
    directory,
    normalize: (path) => normalizeFilePath(info, path),
    async locate(call) {
      const target = join(directory, call.path);
      const trueDirectory = await follow(dirname(target), call);
      if (trueDirectory === undefined) return undefined;
      return {
        directory: trueDirectory,
        file: join(trueDirectory, target.slice(target.lastIndexOf(sep) + 1)),
      };
    },
    async resolve(call) {
      let target = join(directory, call.path);
      for (let links = 0; links < LINKS_MAX; links++) {
        if (call.path === "" || target === trueRoot) return await follow(target, call);
        const trueDirectory = await follow(dirname(target), call);
        if (trueDirectory === undefined) return undefined;
        const file = join(trueDirectory, basename(target));
        try {
          if (!(await lstat(file)).isSymbolicLink()) return file;
          target = resolvePath(trueDirectory, await readlink(file));
        } catch (error) {
          if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
          throw fsError(info, { ...call, cause: error });
        }
      }
      const state = "too many symbolic links on the way";
      throw storeError(info, { ...call, kind: "PermissionDenied", state });
    },
    async require(call) {
      const unreachable = (state: string, cause?: unknown) =>
        storeError(info, { ...call, kind: "Unreachable", state, cause });
      try {
        const found = await stat(prepared ? join(directory, MARK_NAME) : directory);
        if (prepared || found.isDirectory()) return;
      } catch (error) {
        if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") {
          throw fsError(info, { ...call, cause: error });
        }
        const state = prepared
          ? `there is no ${MARK_NAME} in ${directory}; is the disk mounted?`
          : `there is no directory ${directory}; is the disk mounted?`;
        throw unreachable(state, error);
      }
      throw unreachable(`${directory} is not a directory`);
    },
    async missing(call) {
      await root.require(call);
      return storeError(info, { ...call, kind: "NotFound", state: "no such object" });
    },
    async vanished(call, cause) {
      await root.require(call);
      const state = "its directory was removed meanwhile";
      return storeError(info, { ...call, kind: "Unreachable", state, retry: "later", cause });
    },
  };
  return root;
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}
