import {
  ListObjectsCommand,
  type ListObjectsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import { nextPage } from "../../http/next_page.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { request, type S3Context } from "./s3_context.ts";

/** Everything below a directory, page by page, in ascending order of keys.
 *
 *  Keys that are no paths (`folder/` placeholders, empty names, `.` and `..`, backslashes) are left out: no operation could name them. */
export async function* listObjects(
  context: S3Context,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const directory = normalizePrefix(at, context.info.workDirectory);
  const prefix = context.keyPrefix + (directory === "" ? "" : `${directory}/`);
  const call = { operation: "list", path: directory, signal };
  const listPage = context.options.list_version === 1 ? firstVersion : secondVersion;
  let after: string | undefined;
  do {
    const input = {
      ...context.bucket,
      Prefix: prefix,
      // Without it, keys with control characters would make the answer no XML at all.
      EncodingType: "url",
      ...(delimited ? { Delimiter: "/" } : {}),
    } as const;
    const { page, next } = await request(context, call, (sendOptions) =>
      listPage(context, { input, after, sendOptions }),
    );
    yield* entriesOf(context, page);
    after = nextPage(context.info, call, { before: after, next });
  } while (after !== undefined);
}

type Page = Pick<ListObjectsV2CommandOutput, "EncodingType" | "CommonPrefixes" | "Contents">;

/** One page and where the next one begins, if there is one. */
type ListPage = (
  context: S3Context,
  options: {
    readonly input: {
      readonly Bucket: string;
      readonly Prefix: string;
      readonly EncodingType: "url";
      readonly Delimiter?: string;
    };
    readonly after: string | undefined;
    readonly sendOptions: { readonly abortSignal?: AbortSignal };
  },
) => Promise<{ readonly page: Page; readonly next: string | undefined }>;

const secondVersion: ListPage = async (context, { input, after, sendOptions }) => {
  const from = after === undefined ? {} : { ContinuationToken: after };
  const page = await context.client.send(new ListObjectsV2Command({ ...input, ...from }), sendOptions);
  return { page, next: page.IsTruncated === true ? page.NextContinuationToken : undefined };
};

const firstVersion: ListPage = async (context, { input, after, sendOptions }) => {
  const from = after === undefined ? {} : { Marker: after };
  const page = await context.client.send(new ListObjectsCommand({ ...input, ...from }), sendOptions);
  return { page, next: page.IsTruncated === true ? markerOf(page) : undefined };
};

/** Only delimited pages are sure to name it; the next page begins after the last that this one has. */
function markerOf(page: ListObjectsCommandOutput): string | undefined {
  const named = [page.NextMarker, page.Contents?.at(-1)?.Key, page.CommonPrefixes?.at(-1)?.Prefix].flatMap(
    (text) => (text ? [decodeKey(page, text)] : []),
  );
  return named.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))).at(-1);
}

function decodeKey(page: Pick<Page, "EncodingType">, text: string): string {
  return page.EncodingType === "url" ? decodeURIComponent(text.replaceAll("+", " ")) : text;
}

/** The objects and directories of one page in the order of their keys. */
function entriesOf(context: S3Context, page: Page): readonly ObjectMeta[] {
  const keyOf = (text: string | undefined) => decodeKey(page, text ?? "");
  const entries: { readonly key: Buffer; readonly meta: ObjectMeta }[] = [];
  const add = (key: string, meta: ObjectMeta) => {
    if (isPath(context, meta.path)) entries.push({ key: Buffer.from(key), meta });
  };
  for (const common of page.CommonPrefixes ?? []) {
    const key = keyOf(common.Prefix);
    add(key, { path: key.slice(context.keyPrefix.length, -1), kind: "directory" });
  }
  for (const object of page.Contents ?? []) {
    const key = keyOf(object.Key);
    add(key, {
      path: key.slice(context.keyPrefix.length),
      kind: "file",
      ...(object.Size === undefined ? {} : { size: object.Size }),
      ...(object.LastModified === undefined ? {} : { modifiedAt: object.LastModified }),
      ...(object.ETag ? { etag: object.ETag } : {}),
      ...(object.StorageClass === undefined ? {} : { storageClass: object.StorageClass }),
    });
  }
  if (page.CommonPrefixes?.length) entries.sort((left, right) => Buffer.compare(left.key, right.key));
  return entries.map(({ meta }) => meta);
}

function isPath(context: S3Context, path: string): boolean {
  try {
    return normalizePath(path, context.info.workDirectory) === path;
  } catch {
    return false;
  }
}
