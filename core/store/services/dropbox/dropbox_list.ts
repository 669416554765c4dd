import { isKind } from "../../../errors.ts";
import { asRecord, type JsonRecord } from "../../http/http_json.ts";
import { nextPage } from "../../http/next_page.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { settleDropbox } from "./dropbox_aside.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import { nameOf, pathOf, pathOfAside } from "./dropbox_names.ts";
import { metaOf } from "./dropbox_stat.ts";

const PAGE_ENTRIES = 1000;

/** Everything below a directory, page by page. What is no directory has nothing below it. Names that are no paths are left out: no operation
 *  could name them. Objects that a crash has left aside get their places back, and come last: their paths are held until then. */
export async function* listObjects(
  context: DropboxContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const { info } = context;
  const directory = normalizePrefix(at, info.workDirectory);
  const call = { operation: "list", path: directory, signal };
  const argument = { path: nameOf(info, directory), recursive: !delimited, limit: PAGE_ENTRIES };
  const asides: string[] = [];
  let before: string | undefined;
  let request: { readonly route: string; readonly argument: JsonRecord } | undefined;
  request = { route: "files/list_folder", argument };
  while (request !== undefined) {
    let page: JsonRecord;
    try {
      page = await callRoute(context, call, request);
    } catch (error) {
      if (isKind(error, "NotFound")) return;
      throw error;
    }
    const { entries, cursor, has_more: hasMore } = page;
    if (!Array.isArray(entries) || (hasMore === true && typeof cursor !== "string")) {
      const state = "the answer is not the list that the service should send";
      throw storeError(info, { kind: "Unexpected", operation: "list", path: directory, state });
    }
    for (const each of entries) {
      throwIfCancelled(info, call);
      const found = asRecord(each);
      const name = found["path_display"] ?? found["path_lower"];
      // What is gone shows on later pages of a list that goes on for long.
      if (typeof name !== "string" || found[".tag"] === "deleted") continue;
      const aside = pathOfAside(info, directory, name);
      if (aside !== undefined) asides.push(aside);
      const path = pathOf(info, directory, name);
      if (path === undefined) continue;
      const meta = metaOf(context, call, { path, found });
      if (delimited || meta.kind === "file") yield meta;
    }
    before = hasMore === true ? nextPage(info, call, { before, next: cursor }) : undefined;
    request =
      before === undefined
        ? undefined
        : { route: "files/list_folder/continue", argument: { cursor: before } };
  }
  // Not before: what changes meanwhile shows on later pages.
  for (const path of asides) {
    const place = { path, name: nameOf(info, path) };
    const found = await settleDropbox(context, { ...call, path }, place);
    if (found !== undefined) yield found;
  }
}
