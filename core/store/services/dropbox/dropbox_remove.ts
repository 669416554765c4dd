import { isKind } from "../../../errors.ts";
import type { HttpCall } from "../../http/http_error.ts";
import type { CallOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { forgetAside } from "./dropbox_aside.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import { type Place, placeOf } from "./dropbox_names.ts";
import { refusalOf } from "./dropbox_refusal.ts";
import { statPlace } from "./dropbox_stat.ts";

const TIDY_TIMEOUT_MS = 15_000;
const REVISIONS_MAX = 5;

/** Removes an object, or a directory that is empty; a missing one is fine.
 *
 *  Dropbox removes a directory with everything in it. So an object is removed by its revision, which no directory has; and a directory is looked into
 *  right before: what somebody puts there in that very moment goes with it (to the deleted files, from where Dropbox brings it back). */
export async function removeObject(
  context: DropboxContext,
  at: string,
  { signal }: CallOptions,
): Promise<void> {
  const place = placeOf(context.info, { operation: "remove", path: at });
  const call = { operation: "remove", path: place.path, signal };
  // One that is aside would come back.
  await forgetAside(context, call, place);
  for (let round = 1; ; round++) {
    try {
      const { kind, etag } = await statPlace(context, call, place);
      if (kind === "directory") await refuseFull(context, call, place);
      return await removeRevision(context, call, { place, rev: etag });
    } catch (error) {
      if (isKind(error, "NotFound")) return;
      // Somebody has replaced it meanwhile.
      if (refusalOf(error, /^path_write\/conflict/) === undefined || round === REVISIONS_MAX) throw error;
    }
  }
}

/** Removes what is at a place, whose revision must be `rev`, if one is given. `NotFound` when there is nothing. */
export async function removeRevision(
  context: DropboxContext,
  call: HttpCall,
  { place, rev }: { readonly place: Place; readonly rev: string | undefined },
): Promise<void> {
  await callRoute(context, call, {
    route: "files/delete_v2",
    argument: { path: place.name, ...(rev === undefined ? {} : { parent_rev: rev }) },
  });
}

/** Removes what jcs keeps for itself at a place, also when the operation was cancelled. Never fails: what stays is shown to nobody. */
export async function removeQuietly(context: DropboxContext, operation: string, place: Place): Promise<void> {
  const call = { operation, signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  await removeRevision(context, call, { place, rev: undefined }).catch(() => {});
}

async function refuseFull(context: DropboxContext, call: HttpCall, place: Place): Promise<void> {
  const { entries } = await callRoute(context, call, {
    route: "files/list_folder",
    argument: { path: place.name, limit: 1 },
  });
  if (Array.isArray(entries) && entries.length === 0) return;
  throw storeError(context.info, { ...call, kind: "ConditionFailed", state: "the directory is not empty" });
}
