import { isKind } from "../errors.ts";
import type { CallOptions, Store } from "../store/store.ts";

/** Removes directory `path` of `store` and those below it that hold nothing, the deepest first. Resolves to whether `path` itself is gone.
 *
 *  Nothing is done where directories are only prefixes of names. Memory grows with the depth of the tree. */
export async function removeEmptyDirectories(
  store: Store,
  path: string,
  options: CallOptions = {},
): Promise<boolean> {
  if (!store.capabilities.directories) return false;
  let empty = true;
  for await (const entry of store.list(path, { ...options, delimited: true })) {
    const gone = entry.kind === "directory" && (await removeEmptyDirectories(store, entry.path, options));
    if (!gone) empty = false;
  }
  if (!empty) return false;
  try {
    await store.remove(path, options);
    return true;
  } catch (error) {
    // Somebody put something there meanwhile.
    if (isKind(error, "ConditionFailed")) return false;
    throw error;
  }
}
