import type { HttpCall } from "../../http/http_error.ts";
import type { CallOptions } from "../../store.ts";
import { forgetAside, lookForDropbox, moveOver } from "./dropbox_aside.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import { isSameName, type Place, placeOf, temporaryPlace } from "./dropbox_names.ts";
import { refusalOf } from "./dropbox_refusal.ts";
import { removeQuietly } from "./dropbox_remove.ts";
import { statObject } from "./dropbox_stat.ts";

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
  await lookForDropbox(context, call, { place: source, look: () => statObject(context, call, source) });
  if (isSameName(source.name, target.name)) return;
  if (operation === "move") {
    // What a crash has left aside of the source would come back.
    await forgetAside(context, call, source);
    return await moveOver(context, call, { source, target });
  }
  try {
    return await copy(context, call, { source, target });
  } catch (error) {
    if (refusalOf(error, IN_THE_WAY) === undefined) throw error;
  }
  const copied = temporaryPlace(target);
  try {
    await copy(context, call, { source, target: copied });
    await moveOver(context, call, { source: copied, target });
  } catch (error) {
    await removeQuietly(context, operation, copied);
    throw error;
  }
}

async function copy(
  context: DropboxContext,
  call: HttpCall,
  { source, target }: { readonly source: Place; readonly target: Place },
): Promise<void> {
  await callRoute(context, call, {
    route: "files/copy_v2",
    argument: { from_path: source.name, to_path: target.name, autorename: false },
  });
}
