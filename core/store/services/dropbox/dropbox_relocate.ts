import type { HttpCall } from "../../http/http_error.ts";
import type { CallOptions } from "../../store.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import { isSameName, type Place, placeOf, temporaryPlace } from "./dropbox_names.ts";
import { refusalOf } from "./dropbox_refusal.ts";
import { removeQuietly } from "./dropbox_remove.ts";
import { statObject } from "./dropbox_stat.ts";

const RESTORE_TIMEOUT_MS = 15_000;
const IN_THE_WAY = /^to\/conflict\/file$/;

/** Copies or moves an object inside of Dropbox. An object at the target is replaced by {@link moveOver}. */
export async function relocateObject(
  context: DropboxContext,
  operation: "copy" | "move",
  options: CallOptions & { readonly source: string; readonly target: string },
): Promise<void> {
  const source = placeOf(context.info, { operation, path: options.source });
  const target = placeOf(context.info, { operation, path: options.target });
  const call = { operation, path: source.path, signal: options.signal };
  // Dropbox would take directories, too.
  await statObject(context, call, source);
  if (isSameName(source.name, target.name)) return;
  if (operation === "move") return await moveOver(context, call, { source, target });
  try {
    return await run(context, call, { route: "files/copy_v2", source, target });
  } catch (error) {
    if (refusalOf(error, IN_THE_WAY) === undefined) throw error;
  }
  const copy = temporaryPlace(target);
  try {
    await run(context, call, { route: "files/copy_v2", source, target: copy });
    await moveOver(context, call, { source: copy, target });
  } catch (error) {
    await removeQuietly(context, operation, copy);
    throw error;
  }
}

/** Moves an object to a place where another one may be.
 *
 *  Dropbox replaces nothing by a move. So the old object is set aside, and removed when the new one is in its place: there is none for a moment.
 *  When the new one does not come, the old one is set back; a process that dies in this moment leaves both beside the target, as `.jcs-….tmp`. */
export async function moveOver(
  context: DropboxContext,
  call: HttpCall,
  { source, target }: { readonly source: Place; readonly target: Place },
): Promise<void> {
  const route = "files/move_v2";
  try {
    return await run(context, call, { route, source, target });
  } catch (error) {
    if (refusalOf(error, IN_THE_WAY) === undefined) throw error;
  }
  const aside = temporaryPlace(target);
  try {
    await run(context, call, { route, source: target, target: aside }).catch((error: unknown) => {
      // Somebody else has removed it meanwhile.
      if (refusalOf(error, /^from_lookup\/not_found$/) === undefined) throw error;
    });
    await run(context, call, { route, source, target });
  } catch (error) {
    // Answers may be lost: the old object may be aside or not, the new one in its place or not.
    const back = { operation: call.operation, signal: AbortSignal.timeout(RESTORE_TIMEOUT_MS) };
    const isThere = await run(context, back, { route, source: aside, target }).then(
      () => false,
      (failure: unknown) => refusalOf(failure, IN_THE_WAY) !== undefined,
    );
    if (isThere) await removeQuietly(context, call.operation, aside);
    throw error;
  }
  await removeQuietly(context, call.operation, aside);
}

async function run(
  context: DropboxContext,
  call: HttpCall,
  { route, source, target }: { readonly route: string; readonly source: Place; readonly target: Place },
): Promise<void> {
  await callRoute(context, call, {
    route,
    argument: { from_path: source.name, to_path: target.name, autorename: false },
  });
}
