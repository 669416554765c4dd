import { isKind } from "../../../errors.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { asRecord } from "../../http/http_json.ts";
import type { ObjectMeta } from "../../store.ts";
import { placeOf, type RcloneContext, rc } from "./rclone_context.ts";
import { fromRcloneName } from "./rclone_names.ts";

/** What is at a path: an object, or a directory where the backend has real ones; `undefined` when nothing is there. */
export async function findObject(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta | undefined> {
  const { path, name } = placeOf(context, call);
  const opt = { noMimeType: true, ...(hasDirectories(context) ? {} : { filesOnly: true }) };
  try {
    const input = { fs: context.remote, remote: name, opt };
    const answer = await rc(context, { ...call, path }, { command: "operations/stat", input });
    const item = answer["item"];
    return item === null || item === undefined ? undefined : { ...metaOf(item), path };
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

/** Whether the backend has directories of its own. */
export function hasDirectories(context: RcloneContext): boolean {
  return context.features["CanHaveEmptyDirectories"] === true && context.features["BucketBased"] !== true;
}

/** What an entry of rclone's lists says; the path is empty when no operation could name it. */
export function metaOf(item: unknown): ObjectMeta {
  const { Path: path, Size: size, ModTime: time, IsDir: isDirectory } = asRecord(item);
  const modifiedAt = typeof time === "string" && time !== "" ? new Date(time) : undefined;
  return {
    path: fromRcloneName(String(path)) ?? "",
    kind: isDirectory === true ? "directory" : "file",
    ...(typeof size === "number" && size >= 0 && isDirectory !== true ? { size } : {}),
    ...(modifiedAt === undefined || Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
  };
}
