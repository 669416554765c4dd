import { isKind } from "../../errors.ts";
import type { Layer } from "../layer.ts";
import type { CallOptions, ObjectMeta, Store } from "../store.ts";
import { storeError } from "../store_error.ts";
import { checkPaths } from "./check_paths.ts";
import { unlessMissing } from "./companions.ts";

/** The empty object that keeps a directory. */
export const DIRECTORY_NAME = ".jcs-directory";

/** Directories for a service that has none: `makeDirectory` puts an empty object {@link DIRECTORY_NAME} into the directory, which keeps it when nothing else is
 *  there. Lists hide it; `stat` shows a directory where anything lies below, and `remove` refuses one that is not empty. Nobody else may use the
 *  name. Changes nothing where the service makes directories itself.
 *
 *  An object and a directory may still have the same name, as on the service: then `stat` and `remove` mean the object. A directory that was never made
 *  goes with its last object. To stat what is no object costs a list, and so does each remove. */
export function virtualDirectories(): Layer {
  return (inner) => {
    if (inner.makeDirectory !== undefined || inner.capabilities.readOnly === true) return inner;
    const stat = async (path: string, options: CallOptions = {}): Promise<ObjectMeta> => {
      try {
        return await inner.stat(path, options);
      } catch (error) {
        if (!isKind(error, "NotFound")) throw error;
        for await (const _ of inner.list(path, { ...options, delimited: true })) {
          return { path, kind: "directory" };
        }
        throw error;
      }
    };
    const store: Store = {
      ...inner,
      capabilities: { ...inner.capabilities, makeDirectory: true },
      stat,
      async *list(prefix, options) {
        for await (const entry of inner.list(prefix, options)) if (!isMark(entry.path)) yield entry;
      },
      async remove(path, options = {}) {
        const mark = `${path}/${DIRECTORY_NAME}`;
        let marked = false;
        for await (const entry of inner.list(path, { ...options, delimited: true })) {
          if (entry.path !== mark) return await removeObject(inner, path, options);
          marked = true;
        }
        await inner.remove(path, options);
        if (marked) await inner.remove(mark, options);
      },
      async makeDirectory(path, options = {}) {
        const found = await unlessMissing(stat(path, options));
        if (found !== undefined && found.kind !== "directory") {
          const call = { operation: "makeDirectory", path };
          throw storeError(inner.info, {
            ...call,
            kind: "AlreadyExists",
            state: "there is an object already",
          });
        }
        await inner.write(`${path}/${DIRECTORY_NAME}`, new Uint8Array(0), options);
      },
    };
    return checkPaths(store, (operation, path) => {
      if (!path.split("/").includes(DIRECTORY_NAME)) return;
      const state = `the name "${DIRECTORY_NAME}" is jcs's own`;
      throw storeError(inner.info, { kind: "Usage", operation, path, state });
    });
  };
}

/** Removes an object whose name is also that of a directory with something in it, or refuses to remove the directory. */
async function removeObject(inner: Store, path: string, options: CallOptions): Promise<void> {
  if ((await unlessMissing(inner.stat(path, options))) === undefined) {
    const state = "the directory is not empty";
    throw storeError(inner.info, { kind: "ConditionFailed", operation: "remove", path, state });
  }
  await inner.remove(path, options);
}

function isMark(path: string): boolean {
  return path === DIRECTORY_NAME || path.endsWith(`/${DIRECTORY_NAME}`);
}
