import { lstat, readlink, rename, symlink, unlink } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { temporaryName } from "../../files/reserved_names.ts";
import { storeError } from "../../store_error.ts";
import { codeOf, fsError } from "./fs_error.ts";
import type { FsCall, FsPlace, FsRoot } from "./fs_root.ts";
import { type FsContext, makePlace } from "./replace_file.ts";

/** Makes a symbolic link at `call.path` that leads to `target`, a normalised path of the store, or replaces the link that is there.
 *
 *  The link is relative, so that it stays right when the root is moved or mounted elsewhere. `AlreadyExists` when anything else is at the
 *  path. Durable when it resolves. */
export async function makeLink(
  context: FsContext,
  call: FsCall & { readonly target: string },
): Promise<void> {
  const { root } = context;
  const place = { operation: call.operation, path: call.path };
  const { directory, file } = await makePlace(context, place);
  await root.require(place);
  const top = await root.resolve({ ...place, path: "" });
  if (top === undefined) throw await root.missing(place);
  const text = relative(directory, join(top, call.target));
  try {
    await symlink(text, file).catch(async (error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
      if (!(await lstat(file)).isSymbolicLink()) {
        throw storeError(root.info, { ...place, kind: "AlreadyExists", state: "there is an object already" });
      }
      await replaceByLink(text, { directory, file });
    });
    await context.directorySync.sync(directory);
    await context.directories.settled(call.path);
  } catch (error) {
    throw codeOf(error) === "" ? error : fsError(root.info, { ...place, cause: error });
  }
}

/** Moves the link in `file` to `target`, replacing what is there, so that it leads to the same place as before. */
export async function moveLink(file: string, target: FsPlace): Promise<void> {
  if (file === target.file) return;
  const text = await readlink(file);
  // A relative link would lead elsewhere from another directory.
  if (isAbsolute(text) || dirname(file) === target.directory) return await rename(file, target.file);
  await replaceByLink(relative(target.directory, resolve(dirname(file), text)), target);
  await unlink(file);
}

async function replaceByLink(text: string, { directory, file }: FsPlace): Promise<void> {
  const temporary = join(directory, temporaryName());
  await symlink(text, temporary);
  await rename(temporary, file).catch(async (failure: unknown) => {
    await unlink(temporary).catch(() => {});
    throw failure;
  });
}

/** What the link in `file` leads to: the path of the store where it lies inside, else the text of the link. */
export async function linkTarget(root: FsRoot, file: string): Promise<string> {
  const text = await readlink(file);
  const top = await root.resolve({ operation: "stat", path: "" });
  if (top === undefined) return text;
  const inside = relative(top, resolve(dirname(file), text));
  const leadsOutside =
    inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return leadsOutside ? text : inside.replaceAll(sep, "/");
}
