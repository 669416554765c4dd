import { isKind } from "../../../core/errors.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import { normalizePath } from "../../../core/store/normalize_path.ts";
import type { CallOptions, ObjectMeta } from "../../../core/store/store.ts";

/** Files of one directory that are asked for one by one before the directory is listed. */
const SINGLE_LOOKUPS_MAX = 4;

/** Most names of all listed directories that are held; of one that has more alone none is. */
const NAMES_MAX = 100_000;

/** Most directories that are remembered. */
const DIRECTORIES_MAX = 10_000;

/** Tells what is at many paths of one space without a request for each. */
export interface TargetIndex {
  /** What is at `path`, with size and time where the service tells them; `undefined` for nothing. What came there after its directory was
   *  listed is not seen. */
  find(path: string): Promise<ObjectMeta | undefined>;
}

interface Directory {
  lookups: number;
  /** What a list gave; `undefined` when there was too much. */
  names?: Promise<ReadonlyMap<string, ObjectMeta> | undefined>;
  held: number;
}

/** Makes the index of one space: a directory from which several files are wanted is listed, once. */
export function createTargetIndex(native: NativeClient, space: string, call: CallOptions): TargetIndex {
  const directories = new Map<string, Directory>();
  let held = 0;

  /** The oldest go first: a walk does not come back to them. */
  function forget(path: string): void {
    held -= directories.get(path)?.held ?? 0;
    directories.delete(path);
  }

  function directoryOf(path: string): Directory {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const [oldest] = directories.keys();
    if (oldest !== undefined && directories.size >= DIRECTORIES_MAX) forget(oldest);
    const directory = { lookups: 0, held: 0 };
    directories.set(path, directory);
    return directory;
  }

  async function list(
    path: string,
    directory: Directory,
  ): Promise<ReadonlyMap<string, ObjectMeta> | undefined> {
    const names = new Map<string, ObjectMeta>();
    for await (const meta of native.list({ space, path }, { ...call, delimited: true })) {
      if (names.size === NAMES_MAX) return undefined;
      names.set(meta.path, meta);
    }
    if (directories.get(path) !== directory) return names;
    directory.held = names.size;
    held += names.size;
    for (const [other, { held: count }] of directories) {
      if (held <= NAMES_MAX) break;
      if (count > 0 && other !== path) forget(other);
    }
    return names;
  }

  async function stat(at: NativeAddress): Promise<ObjectMeta | undefined> {
    try {
      return await native.stat(at, call);
    } catch (error) {
      if (isKind(error, "NotFound")) return undefined;
      throw error;
    }
  }

  return {
    async find(wanted) {
      const { info } = await native.about(space);
      const path = normalizePath(wanted, info.workDirectory);
      const parent = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
      const directory = directoryOf(parent);
      if (directory.lookups++ < SINGLE_LOOKUPS_MAX) return await stat({ space, path });
      directory.names ??= list(parent, directory);
      const names = await directory.names;
      const listed = names?.get(path);
      if (names !== undefined && listed === undefined) return undefined;
      const isEnough = listed?.size !== undefined && listed.modifiedAt !== undefined;
      return isEnough ? listed : await stat({ space, path });
    },
  };
}
