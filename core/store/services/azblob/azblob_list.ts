import { percentDecode } from "../../http/header_value.ts";
import { answerStream } from "../../http/http_read.ts";
import { nextPage } from "../../http/next_page.ts";
import { childOf, readXml, textOf, type XmlElement, type XmlError } from "../../http/read_xml.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type AzblobContext, pathOf, prefixOf, request } from "./azblob_context.ts";

const PAGE_ENTRIES = "5000";

/** Everything below a directory, page by page.
 *
 *  Names that are no paths (`folder/` placeholders, empty names, `.` and `..`, backslashes) are left out: no operation could name them. */
export async function* listBlobs(
  context: AzblobContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const directory = normalizePrefix(at, context.info.workDirectory);
  const place = { operation: "list", path: directory };
  const call = { ...place, signal };
  const error: XmlError = (state, more) =>
    storeError(context.info, { ...place, ...more, kind: "Unexpected", state });
  let marker: string | undefined;
  do {
    const answer = await request(context, call, {
      method: "GET",
      query: {
        comp: "list",
        maxresults: PAGE_ENTRIES,
        prefix: prefixOf(context, directory),
        restype: "container",
        ...(delimited ? { delimiter: "/" } : {}),
        ...(marker === undefined ? {} : { marker }),
      },
    });
    let next: string | undefined;
    const page = answerStream(context.info, call, { answer });
    for await (const element of readXml(page, { names: ["Blob", "BlobPrefix", "NextMarker"], error })) {
      throwIfCancelled(context.info, call);
      if (element.name === "NextMarker") {
        next = element.text;
        continue;
      }
      const meta = metaOf(context, element);
      if (meta !== undefined) yield meta;
    }
    if (next === undefined) throw error("the answer is no list of blobs");
    marker = nextPage(context.info, call, { before: marker, next });
  } while (marker !== undefined);
}

function metaOf(context: AzblobContext, element: XmlElement): ObjectMeta | undefined {
  const name = childOf(element, "Name");
  if (name === undefined) return undefined;
  const blob = name.attributes["Encoded"] === "true" ? percentDecode(name.text) : name.text;
  if (element.name === "BlobPrefix") {
    const path = blob.endsWith("/") ? pathOf(context, blob.slice(0, -1)) : undefined;
    return path === undefined ? undefined : { path, kind: "directory" };
  }
  const path = pathOf(context, blob);
  if (path === undefined) return undefined;
  const properties = childOf(element, "Properties");
  const size = textOf(properties, "Content-Length");
  const modifiedAt = new Date(textOf(properties, "Last-Modified") ?? "");
  const etag = textOf(properties, "Etag");
  const contentType = textOf(properties, "Content-Type");
  const storageClass = textOf(properties, "AccessTier");
  return {
    path,
    kind: "file",
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
    ...(etag === undefined ? {} : { etag: quoted(etag) }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}

/** Lists show tags without the quotes that they have in headers. */
function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}
