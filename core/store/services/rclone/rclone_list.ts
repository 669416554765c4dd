import { isKind } from "../../../errors.ts";
import { isOwnName, isTemporaryName, LEFTOVERS_MAX } from "../../files/reserved_names.ts";
import { answerStream } from "../../http/http_read.ts";
import { jsonItems } from "../../http/json_items.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { PATH_BYTES_MAX, type RcloneContext, send } from "./rclone_context.ts";
import { toRcloneName } from "./rclone_names.ts";
import { requireRoot } from "./rclone_root.ts";
import { metaOf } from "./rclone_stat.ts";
import { removeLeftover } from "./rclone_write.ts";

/** Everything below a directory, one directory after the other, or the whole tree in one call with `fast_list`.
 *
 *  Objects that are being written are hidden, and removed when that was long ago. Names that are no paths are left out: no operation could name them. Memory here is that of the
 *  directories that are still to be listed; rclone itself holds one list at a time. */
export async function* listObjects(
  context: RcloneContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const prefix = normalizePrefix(at, context.info.workDirectory);
  const call = { operation: "list", path: prefix, signal };
  const recurse = context.options.fast_list && !delimited;
  const waiting = [toRcloneName(prefix)];
  let isFirst = true;
  const hidden: string[] = [];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const opt = { noModTime: true, noMimeType: true, recurse };
    const body = JSON.stringify({ fs: context.remote, remote: directory, opt, _group: "jcs" });
    const answer = await send(context, call, { method: "POST", path: "/operations/list", body }).catch(
      (error: unknown) => {
        // A directory that has vanished meanwhile, or none at all.
        if (isKind(error, "NotFound")) return undefined;
        throw error;
      },
    );
    if (answer === undefined) {
      if (isFirst) await requireRoot(context, call);
      continue;
    }
    isFirst = false;
    const stream = answerStream(context.info, call, { answer });
    try {
      for await (const item of jsonItems(stream)) {
        throwIfCancelled(context.info, call);
        const meta = metaOf(item);
        const isTemporary = isTemporaryName(meta.path.slice(meta.path.lastIndexOf("/") + 1));
        if (isTemporary && hidden.length < LEFTOVERS_MAX) hidden.push(meta.path);
        // No operation could name what lies deeper.
        if (
          !isShown(context, meta.path) ||
          Buffer.byteLength(context.info.workDirectory.slice(1) + toRcloneName(meta.path)) > PATH_BYTES_MAX
        )
          continue;
        if (meta.kind === "file") yield meta;
        else if (delimited) yield { path: meta.path, kind: "directory" };
        else if (!recurse) waiting.push(toRcloneName(meta.path));
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const state = `the answer is not the JSON that rclone should send: ${error.message}`;
      throw storeError(context.info, { kind: "Unexpected", operation: "list", path: prefix, state });
    } finally {
      await stream[Symbol.asyncIterator]().return?.();
    }
  }
  for (const path of hidden) await removeLeftover(context, toRcloneName(path));
}

function isShown(context: RcloneContext, path: string): boolean {
  if (path.split("/").some(isOwnName)) return false;
  try {
    return normalizePath(path, context.info.workDirectory) === path;
  } catch {
    return false;
  }
}
