import { isKind } from "../../../errors.ts";
import { isLeftover, isTemporaryName, LEFTOVERS_MAX } from "../../files/reserved_names.ts";
import { asRecord, type JsonRecord } from "../../http/http_json.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import { ask, findFile, type HdfsContext, metaOf, requireRoot, strange } from "./hdfs_context.ts";
import { fileOf, nameOf, PATH_BYTES_MAX } from "./hdfs_names.ts";
import { removeQuietly } from "./hdfs_write.ts";

/** Lists directory after directory, each page by page. Memory: one page, and the directories that are still to be listed. */
export async function* listFiles(
  context: HdfsContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const prefix = normalizePrefix(at, context.info.workDirectory);
  const call = { operation: "list", path: prefix, signal };
  const top = await findFile(context, call);
  if (top === undefined) await requireRoot(context, call);
  const waiting = top?.kind === "directory" ? [prefix] : [];
  const leftovers: string[] = [];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (let startAfter: string | undefined = ""; startAfter !== undefined; ) {
      const query: Record<string, string> = startAfter === "" ? {} : { startAfter };
      const request = {
        method: "GET",
        op: "LISTSTATUS_BATCH",
        file: fileOf(context, folder),
        query,
      } as const;
      const answer: JsonRecord | undefined = await ask(context, call, request).catch((error: unknown) => {
        // It has vanished meanwhile.
        if (isKind(error, "NotFound") && folder !== prefix) return undefined;
        throw error;
      });
      if (answer === undefined) break;
      const listing = asRecord(answer["DirectoryListing"]);
      const statuses = asRecord(asRecord(listing["partialListing"])["FileStatuses"])["FileStatus"];
      if (!Array.isArray(statuses)) throw strange(context, call);
      const before: string = startAfter;
      let last: string | undefined;
      for (const entry of statuses) {
        throwIfCancelled(context.info, call);
        const status = asRecord(entry);
        const suffix = String(status["pathSuffix"]);
        last = suffix;
        if (
          isTemporaryName(suffix) &&
          leftovers.length < LEFTOVERS_MAX &&
          isLeftover(metaOf(suffix, status).modifiedAt)
        )
          leftovers.push(`${fileOf(context, folder)}/${suffix}`.replace("//", "/"));
        const name = nameOf(suffix);
        // A file that is listed as a directory has no suffix.
        if (name === undefined || name === "") continue;
        const meta = metaOf(folder === "" ? name : `${folder}/${name}`, status);
        // No operation could name what lies deeper.
        if (Buffer.byteLength(fileOf(context, meta.path)) - 1 > PATH_BYTES_MAX) continue;
        if (meta.kind !== "directory") yield meta;
        else if (delimited) yield { path: meta.path, kind: "directory" };
        else waiting.push(meta.path);
      }
      const isMore = Number(listing["remainingEntries"]) > 0;
      // A page without entries would be the last one, or come for ever.
      if (isMore && (last === undefined || last === before)) throw strange(context, call);
      startAfter = isMore ? last : undefined;
    }
  }
  for (const file of leftovers) await removeQuietly(context, file);
}
