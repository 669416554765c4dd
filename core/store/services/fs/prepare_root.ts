import { open } from "node:fs/promises";
import { join } from "node:path";
import type { DirectorySync } from "../../../local/directory_sync.ts";
import { MARK_NAME, MARK_TEXT } from "../../files/reserved_names.ts";
import { codeOf, fsError } from "./fs_error.ts";
import { type FsRoot, fsRoot } from "./fs_root.ts";

/** Leaves the mark in a root that exists. Idempotent; durable when it resolves. */
export async function prepareRoot(root: FsRoot, sync: DirectorySync): Promise<void> {
  const { info, directory } = root;
  const call = { operation: "prepare" };
  // Now is the moment when the mark may be missing.
  await fsRoot(info, { directory, prepared: false }).require(call);
  try {
    const handle = await open(join(directory, MARK_NAME), "wx");
    try {
      await handle.writeFile(MARK_TEXT);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw fsError(info, { ...call, cause: error });
  }
  await sync.sync(directory);
}
