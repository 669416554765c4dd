import { isKind } from "../../../errors.ts";
import { type AsideFiles, asideOf, bringBack, settleAside } from "../../files/replace_aside.ts";
import { replaceInGrace } from "../../files/replace_in_grace.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { inTurn } from "../../in_turn.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { placeOf, type RcloneContext, rc } from "./rclone_context.ts";
import { requireRoot } from "./rclone_root.ts";
import { findObject } from "./rclone_stat.ts";

/** Whether an object steps aside while another takes its name. Buckets show objects only when they are whole; a backend that cannot rename leaves no choice. */
export function stepsAside({ features }: Pick<RcloneContext, "features">): boolean {
  return features["BucketBased"] !== true && features["Move"] === true;
}

/** The objects of a remote, by their names on rclone's side. */
function asideFiles(context: RcloneContext, call: HttpCall): AsideFiles {
  const fs = context.remote;
  const look = async (remote: string) => {
    // Of files only: of what is none, rclone would list the directory that it should be in.
    const opt = { noModTime: true, noMimeType: true, filesOnly: true };
    const input = { fs, remote, opt };
    const { item } = await rc(context, call, { command: "operations/stat", input }).catch(unlessMissing);
    return item === null || item === undefined ? undefined : "object";
  };
  return {
    look,
    async rename(source, target) {
      const ends = { srcFs: fs, srcRemote: source, dstFs: fs, dstRemote: target };
      // Without this rclone removes what is at the target, and then renames. With it rclone does nothing and says nothing.
      const input = { ...ends, _config: { IgnoreExisting: true } };
      await rc(context, call, { command: "operations/movefile", input });
      if ((await look(source)) === undefined) return;
      const state = "others write the same object";
      throw storeError(context.info, { ...call, kind: "Throttled", retry: "later", state });
    },
    async remove(remote) {
      await rc(context, call, { command: "operations/deletefile", input: { fs, remote } }).catch(
        unlessMissing,
      );
    },
  };
}

/** What is at the path of the call, also where a crash has left it aside: then it gets its place back. */
export async function lookForObject(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta | undefined> {
  const found = await findObject(context, call);
  if (found !== undefined || !(await bringBackRclone(context, call))) return found;
  return await findObject(context, call);
}

/** As {@link lookForObject}; `NotFound` when there is nothing. */
export async function statObject(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta> {
  const meta = await lookForObject(context, call);
  if (meta !== undefined) return meta;
  await requireRoot(context, call);
  const { operation, path } = call;
  throw storeError(context.info, { kind: "NotFound", operation, path, state: "no such object" });
}

/** Gives the object of the call its place back where a crash has left it aside; says whether there is something now. */
export async function bringBackRclone(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<boolean> {
  if (!stepsAside(context)) return false;
  const { name } = placeOf(context, call);
  return await alone(context, call, name, () => bringBack(asideFiles(context, call), name));
}

/** Removes what a crash may have left aside of an object that is to go. */
export async function forgetAside(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<void> {
  if (stepsAside(context)) await asideFiles(context, call).remove(asideOf(placeOf(context, call).name));
}

/** What a list does with an object that it finds aside: gives it its place back, and tells what it is; removes it where another one has its place. */
export async function settleRclone(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta | undefined> {
  if (!stepsAside(context)) return undefined;
  const { name } = placeOf(context, call);
  const isBack = await alone(context, call, name, () => settleAside(asideFiles(context, call), name));
  return isBack ? await findObject(context, call) : undefined;
}

/** Gives the object called `source` the name `target`: see {@link replaceInGrace}. */
export async function replaceRclone(
  context: RcloneContext,
  call: HttpCall,
  { source, target }: { readonly source: string; readonly target: string },
): Promise<void> {
  const filesOf = (signal: AbortSignal) => asideFiles(context, { ...call, signal });
  await alone(context, call, target, () => replaceInGrace(filesOf, { source, target, signal: call.signal }));
}

/** Keeps what this process does about one name from getting into each other's way. */
async function alone<T>(
  { info, remote }: RcloneContext,
  call: HttpCall,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const error = () => storeError(info, { ...call, kind: "Cancelled", state: "cancelled" });
  return await inTurn(`${remote}/${name}`, { signal: call.signal, error }, work);
}

function unlessMissing(error: unknown): Readonly<Record<string, unknown>> {
  if (isKind(error, "NotFound")) return {};
  throw error;
}
