import { isKind } from "../../../errors.ts";
import {
  type AsideFiles,
  asideOf,
  bringBack,
  orBroughtBack,
  settleAside,
} from "../../files/replace_aside.ts";
import { replaceInGrace } from "../../files/replace_in_grace.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { ObjectMeta } from "../../store.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import type { Place } from "./dropbox_names.ts";
import { statPlace } from "./dropbox_stat.ts";

/** The files of a Dropbox, by the names that it has for them: it moves nothing over a file. */
function asideFiles(context: DropboxContext, call: HttpCall): AsideFiles {
  const stat = (name: string) =>
    statPlace(context, call, { path: call.path ?? "", name }).catch(unlessMissing);
  return {
    async rename(source, target) {
      const argument = { from_path: source, to_path: target, autorename: false };
      await callRoute(context, call, { route: "files/move_v2", argument });
    },
    async remove(name) {
      const found = await stat(name);
      if (found?.kind !== "file") return;
      const argument = { path: name, parent_rev: found.etag };
      await callRoute(context, call, { route: "files/delete_v2", argument }).catch(unlessMissing);
    },
    async look(name) {
      const kind = (await stat(name))?.kind;
      return kind === "file" ? "object" : kind === undefined ? undefined : "directory";
    },
  };
}

/** Moves an object to a place where another one may be, which steps aside ({@link replaceInGrace}): so there is none for a moment. */
export async function moveOver(
  context: DropboxContext,
  call: HttpCall,
  { source, target }: { readonly source: Place; readonly target: Place },
): Promise<void> {
  const filesOf = (signal: AbortSignal) => asideFiles(context, { ...call, signal });
  await replaceInGrace(filesOf, { source: source.name, target: target.name, signal: call.signal });
}

/** What `look` gives of a place, also where a crash has left its object aside: then it gets its place back. */
export async function lookForDropbox<T>(
  context: DropboxContext,
  call: HttpCall,
  { place, look }: { readonly place: Place; readonly look: () => Promise<T> },
): Promise<T> {
  return await orBroughtBack(look, () => bringBackDropbox(context, call, place));
}

/** Gives the object of a place its place back where a crash has left it aside; says whether there is something now. */
export async function bringBackDropbox(
  context: DropboxContext,
  call: HttpCall,
  place: Place,
): Promise<boolean> {
  return await bringBack(asideFiles(context, call), place.name);
}

/** Removes what a crash may have left aside of an object that is to go. */
export async function forgetAside(context: DropboxContext, call: HttpCall, place: Place): Promise<void> {
  await asideFiles(context, call).remove(asideOf(place.name));
}

/** What a list does with an object that it finds aside: gives it its place back, and tells what it is; removes it where another one has its place. */
export async function settleDropbox(
  context: DropboxContext,
  call: HttpCall,
  place: Place,
): Promise<ObjectMeta | undefined> {
  const isBack = await settleAside(asideFiles(context, call), place.name);
  return isBack ? await statPlace(context, call, place) : undefined;
}

function unlessMissing(error: unknown): undefined {
  if (!isKind(error, "NotFound")) throw error;
}
