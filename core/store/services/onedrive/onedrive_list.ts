import { isKind } from "../../../errors.ts";
import { nameOfAside } from "../../files/reserved_names.ts";
import { answerJson, asRecord } from "../../http/http_json.ts";
import { nextPage } from "../../http/next_page.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import { settleOnedrive } from "./onedrive_aside.ts";
import {
  type Call,
  fault,
  fileAddress,
  fileOf,
  itemAddress,
  type OnedriveContext,
  request,
} from "./onedrive_context.ts";
import { IN_THE_WAY } from "./onedrive_error.ts";
import { FIELDS, findItem, itemOf, requireRoot } from "./onedrive_items.ts";
import { faultOf, nameOf } from "./onedrive_names.ts";

/** Entries that are asked for at a time; the service may send fewer. */
const PAGE_ENTRIES = 1000;

/** Everything below a folder, page by page. Names that are no paths are left out, since no operation could name them, and so are shortcuts to other drives. Objects
 *  that a crash has left aside get their places back, and come last of their folder.
 *  Memory: one page for each folder on the way down.
 *  Source: Microsoft Graph, "List the contents of a folder", "Paging Microsoft Graph data in your app". */
export async function* listObjects(
  context: OnedriveContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const path = normalizePrefix(at, context.info.workDirectory);
  const call: Call = { operation: "list", path, file: fileOf(context, path), signal };
  // Where nothing can be, nothing is.
  if (faultOf(call.file) !== undefined) return;
  yield* listFolder(context, call, {
    folder: { path, file: call.file },
    address: fileAddress(context, call.file, "children"),
    delimited,
  });
}

interface Folder {
  readonly path: string;
  readonly file: string;
}

async function* listFolder(
  context: OnedriveContext,
  call: Call,
  level: { readonly folder: Folder; readonly address: string; readonly delimited: boolean },
): AsyncIterable<ObjectMeta> {
  const { folder, address, delimited } = level;
  const asides: string[] = [];
  let next: string | undefined = `${address}?$top=${PAGE_ENTRIES}&${FIELDS}`;
  while (next !== undefined) {
    const answer = await request(context, call, { method: "GET", path: next }).catch(
      async (error: unknown) => {
        if (isKind(error, ...IN_THE_WAY) && (await isGone(context, call, folder))) return undefined;
        throw error;
      },
    );
    if (answer === undefined) return;
    const page = await answerJson(context.info, call, { answer });
    const { value: entries } = page;
    if (!Array.isArray(entries)) {
      throw fault(context, call, { kind: "Unexpected", state: "the answer is no list" });
    }
    for (const entry of entries) {
      throwIfCancelled(context.info, call);
      const item = itemOf(context, call, asRecord(entry));
      const aside = item.kind === "file" ? nameOfAside(item.name) : undefined;
      if (aside !== undefined) asides.push(aside);
      const name = item.kind === "other" ? undefined : nameOf(item.name, folder.file);
      if (name === undefined) continue;
      const path = within(folder.path, name);
      if (item.kind === "file") yield { path, kind: "file", ...item.meta };
      else if (delimited) yield { path, kind: "directory" };
      else {
        const file = within(folder.file, item.name);
        yield* listFolder(context, call, {
          folder: { path, file },
          address: itemAddress(context, item.id, "children"),
          delimited,
        });
      }
    }
    next = nextPage(context.info, call, {
      before: next,
      next: addressOf(context, call, page["@odata.nextLink"]),
    });
  }
  // Not before: what changes meanwhile may show on later pages.
  for (const own of asides) {
    const name = nameOf(own, folder.file);
    if (name === undefined) continue;
    const path = within(folder.path, name);
    const item = await settleOnedrive(context, { ...call, path, file: within(folder.file, own) });
    if (item !== undefined) yield { path, kind: "file", ...item.meta };
  }
}

function within(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** Whether a folder that cannot be listed is none: an object or nothing, or has vanished meanwhile. */
async function isGone(context: OnedriveContext, call: Call, folder: Folder): Promise<boolean> {
  const item = await findItem(context, { ...call, file: folder.file });
  if (item === undefined) await requireRoot(context, call);
  return item?.kind !== "directory";
}

/** The address of the next page. The token goes there, and so it must be on the service's own server. */
function addressOf(context: OnedriveContext, call: Call, link: unknown): string | undefined {
  if (link === undefined) return undefined;
  const url = typeof link === "string" ? URL.parse(link) : null;
  if (url !== null && url.origin === new URL(context.options.endpoint.url).origin)
    return url.pathname + url.search;
  const state = "the service continues the list on another server, which is not followed";
  throw fault(context, call, { kind: "Unexpected", state });
}
