import { isKind } from "../../../errors.ts";
import { ATTEMPTS_MAX } from "../../../limits.ts";
import { inTurn } from "../../in_turn.ts";
import { storeError } from "../../store_error.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import {
  fileOf,
  find,
  type IpfsContext,
  look,
  missing,
  order,
  type PathCall,
  requireRoot,
} from "./ipfs_context.ts";

/** Gives content that the node has the name of a path, which replaces an object there. `attempts`: how often that is tried where it may help.
 *
 *  kubo does that in one command, but removes the old file before it adds the new one: for a moment there may be none. The command takes
 *  nothing from the network: content that a garbage collection took away in this moment is an error. */
export async function putContent(
  context: IpfsContext,
  call: PathCall,
  wanted: { readonly cid: string; readonly ifAbsent?: boolean; readonly attempts: number },
): Promise<void> {
  const { cid, ifAbsent = false, attempts } = wanted;
  await retryHeld({ attempts, signal: call.signal }, async (attempt) => {
    try {
      await change(context, call, () =>
        order(context, call, {
          name: "files/cp",
          args: [`/ipfs/${cid}`, fileOf(context, call.path)],
          options: { parents: "true", offline: "true", ...(ifAbsent ? {} : { force: "true" }) },
        }),
      );
    } catch (error) {
      if (!isKind(error, "AlreadyExists")) throw error;
      const there = await look(context, call, fileOf(context, call.path));
      if (ifAbsent) {
        // The answer to an earlier try may have been lost.
        if (attempt > 1 && there?.cid === cid) return;
        throw error;
      }
      if (there?.meta.kind === "directory") {
        throw storeError(context.info, { ...call, kind: "ConditionFailed", state: "there is a directory" });
      }
      const state = "the node does not replace the object that is there; kubo does since version 0.36";
      throw storeError(context.info, { ...call, kind: "Unsupported", state });
    }
  });
}

/** Removes a file, or a directory in which nothing is: looks before it does, because the node removes a directory with all that is in it. */
export async function removeFile(context: IpfsContext, call: PathCall): Promise<void> {
  const file = fileOf(context, call.path);
  await change(context, call, async () => {
    try {
      return await order(context, call, { name: "files/rm", args: [file] });
    } catch (error) {
      if (!isKind(error, "NotFound", "ConditionFailed")) throw error;
    }
    const found = await look(context, call, file);
    if (found?.meta.kind !== "directory") return;
    if (!found.isEmpty) {
      throw storeError(context.info, {
        ...call,
        kind: "ConditionFailed",
        state: "the directory is not empty",
      });
    }
    await order(context, call, { name: "files/rm", args: [file], options: { recursive: "true" } });
  });
  if (!context.root.found) await requireRoot(context, call);
}

/** Copies or moves a file: its content gets another name, no byte is touched. kubo's own `files/mv` is not used: it moves into a directory that is at
 *  the target, and leaves the source where both have the same name and so have their directories. */
export async function copyFile(
  context: IpfsContext,
  source: PathCall,
  { target, removes }: { readonly target: PathCall; readonly removes: boolean },
): Promise<void> {
  const { meta, cid } = await find(context, source);
  if (meta.kind !== "file") throw missing(context, source);
  if (source.path === target.path) return;
  await putContent(context, target, { cid, attempts: ATTEMPTS_MAX });
  if (removes) await removeFile(context, source);
}

/** Makes a directory and those above it where they are missing. */
export async function makeDirectory(context: IpfsContext, call: PathCall): Promise<void> {
  const file = fileOf(context, call.path);
  await requireRoot(context, call);
  if ((await look(context, call, file))?.meta.kind === "file") {
    throw storeError(context.info, { ...call, kind: "AlreadyExists", state: "there is an object already" });
  }
  await change(context, call, () =>
    order(context, call, { name: "files/mkdir", args: [file], options: { parents: "true" } }),
  );
}

/** Changes the node's files, one change after the other: kubo may lose one of several that come at the same time, because each works on directories in
 *  memory that another may just have put away. */
async function change<T>(context: IpfsContext, call: PathCall, work: () => Promise<T>): Promise<T> {
  const { signal, ...place } = call;
  const error = () =>
    storeError(context.info, { ...place, kind: "Cancelled", state: "cancelled", cause: signal?.reason });
  return await inTurn(context.client.endpoint.url, { signal, error }, work);
}
