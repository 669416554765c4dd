import { googleRequest } from "../../google/google_request.ts";
import { answerJson, asRecord, type JsonRecord } from "../../http/http_json.ts";
import { nextPage } from "../../http/next_page.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type GcsContext, objectPath, pathOf, prefixOf } from "./gcs_context.ts";
import { metaOf } from "./gcs_stat.ts";

/** Everything below a directory, page by page. Names that are no paths are left out: no operation could name them. */
export async function* listObjects(
  context: GcsContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const directory = normalizePrefix(at, context.info.workDirectory);
  const call = { operation: "list", path: directory, signal };
  let pageToken: string | undefined;
  do {
    const answer = await googleRequest(context, call, {
      method: "GET",
      path: objectPath(context),
      query: {
        prefix: prefixOf(context, directory),
        fields: "kind,nextPageToken,prefixes,items(name,size,updated,generation,contentType,storageClass)",
        delimiter: delimited ? "/" : undefined,
        pageToken,
      },
    });
    const page = await answerJson(context.info, call, { answer });
    if (page["kind"] !== "storage#objects") {
      const state = "the answer is not the list that the service should send";
      throw storeError(context.info, { operation: "list", path: directory, kind: "Unexpected", state });
    }
    for (const entry of entriesOf(context, page)) {
      throwIfCancelled(context.info, call);
      yield entry;
    }
    pageToken = nextPage(context.info, call, { before: pageToken, next: page["nextPageToken"] });
  } while (pageToken !== undefined);
}

/** The objects and directories of one page in the order of their names. */
function entriesOf(context: GcsContext, page: JsonRecord): readonly ObjectMeta[] {
  const { items, prefixes } = page;
  const entries: { readonly name: Buffer; readonly meta: ObjectMeta }[] = [];
  for (const item of Array.isArray(items) ? items : []) {
    const object = asRecord(item);
    const name = String(object["name"]);
    const path = pathOf(context, name);
    if (path === undefined) continue;
    const { metadata: _, ...meta } = metaOf(path, object);
    entries.push({ name: Buffer.from(name), meta });
  }
  if (!Array.isArray(prefixes) || prefixes.length === 0) return entries.map(({ meta }) => meta);
  for (const prefix of prefixes) {
    const path = pathOf(context, String(prefix).slice(0, -1));
    if (path !== undefined)
      entries.push({ name: Buffer.from(String(prefix)), meta: { path, kind: "directory" } });
  }
  return entries.sort((left, right) => Buffer.compare(left.name, right.name)).map(({ meta }) => meta);
}
