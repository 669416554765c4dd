import { isKind } from "../../../errors.ts";
import { isOwnName, isTemporaryName, LEFTOVERS_MAX, nameOfAside } from "../../files/reserved_names.ts";
import { answerStream } from "../../http/http_read.ts";
import { jsonItems } from "../../http/json_items.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { settleRclone } from "./rclone_aside.ts";
import { PATH_BYTES_MAX, type RcloneContext, send } from "./rclone_context.ts";
import { toRcloneName } from "./rclone_names.ts";
import { requireRoot } from "./rclone_root.ts";
import { metaOf } from "./rclone_stat.ts";
import { removeLeftover } from "./rclone_write.ts";

/** Everything below a directory, one directory after the other, or the whole tree in one call with `fast_list`.
 *
 *  Objects that are being written are hidden, and removed when that was long ago; those that a crash has left aside get their place back. Names that are no paths are left out: no operation could name them. Memory here is that of the
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
        const at = meta.path.lastIndexOf("/") + 1;
        const name = meta.path.slice(at);
        if (isTemporaryName(name) && hidden.length < LEFTOVERS_MAX) hidden.push(meta.path);
        const aside = nameOfAside(name);
        const object = meta.path.slice(0, at) + aside;
        if (aside !== undefined && meta.kind === "file" && isShown(context, object)) {
          const found = await settleRclone(context, { ...call, path: object });
          if (found !== undefined) yield found;
        }
        if (!isShown(context, meta.path)) continue;
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

/** Whether an operation could name it, or what lies deeper. */
function isShown({ info }: RcloneContext, path: string): boolean {
  if (path.split("/").some(isOwnName)) return false;
  if (Buffer.byteLength(info.workDirectory.slice(1) + toRcloneName(path)) > PATH_BYTES_MAX) return false;
  try {
    return normalizePath(path, info.workDirectory) === path;
  } catch {
    return false;
  }
}
