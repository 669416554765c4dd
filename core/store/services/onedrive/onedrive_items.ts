import { isKind } from "../../../errors.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, asRecord, type JsonRecord } from "../../http/http_json.ts";
import type { ObjectMeta } from "../../store.ts";
import {
  fault,
  fileAddress,
  fileOf,
  type GraphRequest,
  type OnedriveContext,
  request,
} from "./onedrive_context.ts";
import { IN_THE_WAY } from "./onedrive_error.ts";
import { folderOf, leafOf } from "./onedrive_names.ts";

/** The query for the members of an item that jcs looks at. */
export const FIELDS =
  "$select=id,name,size,eTag,cTag,file,folder,package,remoteItem,lastModifiedDateTime,parentReference";
const DOWNLOAD_URL = "@microsoft.graph.downloadUrl";

/** What the service says of an item. */
export interface DriveItem {
  readonly id: string;
  readonly name: string;
  /** `other`: a shortcut to another drive. */
  readonly kind: "file" | "directory" | "other";
  /** What a path of the store has of it, but for the path. */
  readonly meta: Omit<ObjectMeta, "path" | "kind">;
  /** The tag for a condition that nothing of it, nor in it, has changed, as far as the service says. */
  readonly tag: string | undefined;
  readonly driveId: string | undefined;
  /** Good by itself, for a short time. */
  readonly downloadUrl: unknown;
  readonly hashes: JsonRecord;
}

/** Makes a request whose answer is JSON. */
export async function ask(
  context: OnedriveContext,
  call: HttpCall,
  wanted: GraphRequest,
): Promise<JsonRecord> {
  return await answerJson(context.info, call, { answer: await request(context, call, wanted) });
}

/** Reads an item of the service. `Unexpected` when it is none. The tag of an object is that of its content (`cTag`). */
export function itemOf(context: OnedriveContext, call: HttpCall, record: JsonRecord): DriveItem {
  const { id, name, size, eTag, cTag, file, folder, lastModifiedDateTime, parentReference } = record;
  if (typeof id !== "string" || typeof name !== "string") {
    throw fault(context, call, { kind: "Unexpected", state: "the answer is no item of a drive" });
  }
  const { driveId } = asRecord(parentReference);
  const { mimeType, hashes } = asRecord(file);
  const tag = [cTag, eTag].find((value) => typeof value === "string");
  const isFolder = folder !== undefined || record["package"] !== undefined;
  const modifiedAt = new Date(String(lastModifiedDateTime));
  const isFile = !isFolder && record["remoteItem"] === undefined;
  return {
    id,
    name,
    kind: isFile ? "file" : isFolder ? "directory" : "other",
    meta: {
      ...(isFile && typeof size === "number" ? { size } : {}),
      ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
      ...(isFile && tag !== undefined ? { etag: tag } : {}),
      ...(isFile && typeof mimeType === "string" ? { contentType: mimeType } : {}),
    },
    tag,
    driveId: typeof driveId === "string" ? driveId : undefined,
    downloadUrl: record[DOWNLOAD_URL],
    hashes: asRecord(hashes),
  };
}

/** What is at a file's path in the drive, if anything. With `download` it comes with the address of its bytes. */
export async function findItem(
  context: OnedriveContext,
  call: HttpCall & { readonly file: string },
  options: { readonly download?: boolean } = {},
): Promise<DriveItem | undefined> {
  const address = fileAddress(context, call.file);
  try {
    const path = options.download === true ? address : `${address}?${FIELDS}`;
    return itemOf(context, call, await ask(context, call, { method: "GET", path }));
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

/** The error of a path where nothing is. */
export function missing(context: OnedriveContext, call: HttpCall): Error {
  return fault(context, call, { kind: "NotFound", state: "no such object" });
}

/** Throws `Unreachable` when the work directory, or the drive, is missing: the service would make it. */
export async function requireRoot(context: OnedriveContext, call: HttpCall): Promise<void> {
  const item = await findItem(context, { ...call, file: fileOf(context, "") });
  context.root.found = item?.kind === "directory";
  if (context.root.found) return;
  throw fault(context, call, { kind: "Unreachable", state: "the drive or the folder does not exist" });
}

/** The folder at a path of the drive, made with the folders that it is in when it is missing. Nothing is made above the work directory. `ConditionFailed` when an
 *  object is in the way. */
export async function ensureFolder(
  context: OnedriveContext,
  call: HttpCall,
  folder: string,
): Promise<DriveItem> {
  const found = await findItem(context, { ...call, file: folder });
  if (found?.kind === "directory") return found;
  if (found !== undefined) throw objectInTheWay(context, call);
  return await makeFolder(context, call, folder);
}

/** As {@link ensureFolder}, for one that is most likely missing. */
export async function makeFolder(
  context: OnedriveContext,
  call: HttpCall,
  folder: string,
): Promise<DriveItem> {
  const root = fileOf(context, "");
  if (folder === root) {
    await requireRoot(context, call);
    return await ensureFolder(context, call, folder);
  }
  const post = async () =>
    itemOf(
      context,
      call,
      await ask(context, call, {
        method: "POST",
        path: fileAddress(context, folderOf(folder), "children"),
        body: { name: leafOf(folder), folder: {}, "@microsoft.graph.conflictBehavior": "fail" },
      }),
    );
  try {
    return await post();
  } catch (error) {
    if (!isKind(error, ...IN_THE_WAY)) throw error;
    const found = await findItem(context, { ...call, file: folder });
    if (found?.kind === "directory") return found;
    if (found !== undefined) throw objectInTheWay(context, call);
    // What it should be in is missing, or is none.
    await ensureFolder(context, call, folderOf(folder));
  }
  return await post().catch(async (error: unknown) => {
    const found = isKind(error, "AlreadyExists")
      ? await findItem(context, { ...call, file: folder })
      : undefined;
    if (found?.kind === "directory") return found;
    throw error;
  });
}

function objectInTheWay(context: OnedriveContext, call: HttpCall): Error {
  const state = "an object is in the way where a folder is needed";
  return fault(context, call, { kind: "ConditionFailed", state });
}
