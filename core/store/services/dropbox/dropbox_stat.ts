import type { HttpCall } from "../../http/http_error.ts";
import type { JsonRecord } from "../../http/http_json.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import type { Place } from "./dropbox_names.ts";

/** What is at a place, a directory too. */
export async function statPlace(context: DropboxContext, call: HttpCall, place: Place): Promise<ObjectMeta> {
  const found = await callRoute(context, call, {
    route: "files/get_metadata",
    argument: { path: place.name },
  });
  return metaOf(context, call, { path: place.path, found });
}

/** The object at a place; `NotFound` for a directory. */
export async function statObject(context: DropboxContext, call: HttpCall, place: Place): Promise<ObjectMeta> {
  const meta = await statPlace(context, call, place);
  if (meta.kind === "file") return meta;
  throw storeError(context.info, { ...call, kind: "NotFound", state: "it is a directory" });
}

/** The metadata of a file or a folder. The tag of a file is its revision. `kind` is `file` where the route gives nothing else and does not say it. */
export function metaOf(
  context: DropboxContext,
  call: HttpCall,
  { path, found }: { readonly path: string; readonly found: JsonRecord },
): ObjectMeta {
  const { ".tag": tag = "file", size, rev, server_modified: modified } = found;
  if (tag === "folder") return { path, kind: "directory" };
  if (tag !== "file" || typeof size !== "number" || typeof rev !== "string") {
    const state = "the answer does not say what the service should say of an object";
    throw storeError(context.info, { ...call, kind: "Unexpected", state });
  }
  const modifiedAt = typeof modified === "string" ? new Date(modified) : undefined;
  return {
    path,
    kind: "file",
    size,
    etag: rev,
    ...(modifiedAt === undefined || Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
  };
}
