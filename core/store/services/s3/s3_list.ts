import { percentDecode } from "../../http/header_value.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerStream } from "../../http/http_read.ts";
import { nextPage } from "../../http/next_page.ts";
import { readXml, textOf, type XmlElement, type XmlError } from "../../http/read_xml.ts";
import { batchedListing, type Listing } from "../../listing.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { request, type S3Context } from "./s3_context.ts";
import { lateRefusal } from "./s3_refusal.ts";

/** Everything below a directory, page by page, in ascending order of keys.
 *
 *  Keys that are no paths (`folder/` placeholders, empty names, `.` and `..`, backslashes) are left out: no operation could name them. */
export function listObjects(context: S3Context, at: string, options: ListOptions): Listing {
  const { signal } = options;
  return batchedListing(listPages(context, at, options), { info: context.info, path: at, signal });
}

async function* listPages(
  context: S3Context,
  at: string,
  options: ListOptions,
): AsyncGenerator<readonly ObjectMeta[]> {
  const { delimited = false, signal } = options;
  const directory = normalizePrefix(at, context.info.workDirectory);
  const prefix = context.keyPrefix + (directory === "" ? "" : `${directory}/`);
  const call = { operation: "list", path: directory, signal };
  let after: string | undefined;
  do {
    const isFirst = context.options.list_version === 1;
    const query = {
      prefix,
      // Without it, keys with control characters would make the answer no XML at all.
      "encoding-type": "url",
      ...(delimited ? { delimiter: "/" } : {}),
      ...(isFirst ? {} : { "list-type": "2" }),
      ...(after === undefined ? {} : { [isFirst ? "marker" : "continuation-token"]: after }),
    };
    const page = await request(context, call, {
      method: "GET",
      query,
      take: (answer) => readPage(context, call, answer),
    });
    yield entriesOf(context, page);
    const next = isFirst ? markerOf(page) : page.next;
    if (next === undefined && page.isTruncated) {
      const state = "the service does not say where the list goes on";
      throw storeError(context.info, { operation: "list", path: directory, kind: "Unexpected", state });
    }
    after = nextPage(context.info, call, { before: after, next });
  } while (after !== undefined);
}

/** What one answer lists. */
interface Page {
  readonly isTruncated: boolean;
  readonly isEncoded: boolean;
  /** Of the second version. */
  readonly next: string | undefined;
  /** Of the first version, and only of some pages. */
  readonly nextMarker: string | undefined;
  readonly contents: readonly XmlElement[];
  readonly prefixes: readonly string[];
}

/** Reads a page while it comes. */
async function readPage(context: S3Context, call: HttpCall, answer: HttpAnswer): Promise<Page> {
  const error: XmlError = (state, more) =>
    storeError(context.info, { ...call, ...more, kind: "Unexpected", state });
  const found = new Map<string, string>();
  const contents: XmlElement[] = [];
  const prefixes: string[] = [];
  const bytes = answerStream(context.info, call, { answer });
  for await (const element of readXml(bytes, { names: PARTS, error })) {
    if (element.name === "Contents") contents.push(element);
    else if (element.name === "CommonPrefixes") prefixes.push(textOf(element, "Prefix") ?? "");
    else if (element.name === "Error") throw lateRefusal(answer, element);
    // Nothing is cut off: a page may end with a key that begins or ends with spaces.
    else found.set(element.name, element.text);
  }
  const isTruncated = found.get("IsTruncated")?.trim();
  if (isTruncated === undefined) throw error("the answer is no list");
  return {
    isTruncated: isTruncated === "true",
    isEncoded: found.get("EncodingType")?.trim() === "url",
    next: isTruncated === "true" ? found.get("NextContinuationToken") || undefined : undefined,
    nextMarker: found.get("NextMarker") || undefined,
    contents,
    prefixes,
  };
}

const PARTS = [
  ...["Contents", "CommonPrefixes", "IsTruncated", "Error"],
  ...["EncodingType", "NextContinuationToken", "NextMarker"],
] as const;

/** The next page begins after the last that this one has. What the service itself calls it is not used where there is anything else: not all of them encode that as they do
 *  the rest, and only delimited pages are sure to have it. */
function markerOf(page: Page): string | undefined {
  if (!page.isTruncated) return undefined;
  const last = page.contents.at(-1);
  const named = [last && textOf(last, "Key"), page.prefixes.at(-1)].flatMap((text) =>
    text ? [decodeKey(page, text)] : [],
  );
  if (named.length === 0) return page.nextMarker;
  return named.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))).at(-1);
}

function decodeKey(page: Page, text: string): string {
  return page.isEncoded ? percentDecode(text.replaceAll("+", " ")) : text;
}

/** The objects and directories of one page in the order of their keys. */
function entriesOf(context: S3Context, page: Page): readonly ObjectMeta[] {
  const entries: { readonly key: Buffer; readonly meta: ObjectMeta }[] = [];
  const add = (key: string, meta: ObjectMeta) => {
    if (isPath(context, meta.path)) entries.push({ key: Buffer.from(key), meta });
  };
  for (const prefix of page.prefixes) {
    const key = decodeKey(page, prefix);
    add(key, { path: key.slice(context.keyPrefix.length, -1), kind: "directory" });
  }
  for (const object of page.contents) {
    const key = decodeKey(page, textOf(object, "Key") ?? "");
    const size = textOf(object, "Size");
    const modifiedAt = new Date(textOf(object, "LastModified") ?? "");
    const etag = textOf(object, "ETag");
    const storageClass = textOf(object, "StorageClass");
    add(key, {
      path: key.slice(context.keyPrefix.length),
      kind: "file",
      ...(size === undefined ? {} : { size: Number(size) }),
      ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
      ...(etag === undefined ? {} : { etag }),
      ...(storageClass === undefined ? {} : { storageClass }),
    });
  }
  if (page.prefixes.length > 0) entries.sort((left, right) => Buffer.compare(left.key, right.key));
  return entries.map(({ meta }) => meta);
}

function isPath(context: S3Context, path: string): boolean {
  try {
    return normalizePath(path, context.info.workDirectory) === path;
  } catch {
    return false;
  }
}
