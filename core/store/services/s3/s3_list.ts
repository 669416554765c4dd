import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
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
  let token: string | undefined;
  do {
    const input = {
      ...context.bucket,
      Prefix: prefix,
      // Without it, keys with control characters would make the answer no XML at all.
      EncodingType: "url",
      ...(delimited ? { Delimiter: "/" } : {}),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    } as const;
    const page = await request(context, call, (sendOptions) =>
      context.client.send(new ListObjectsV2Command(input), sendOptions),
    );
    yield* entriesOf(context, page);
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** The objects and directories of one page in the order of their keys. */
function entriesOf(context: S3Context, page: ListObjectsV2CommandOutput): readonly ObjectMeta[] {
  const keyOf = (text: string | undefined) => {
    const key = text ?? "";
    return page.EncodingType === "url" ? decodeURIComponent(key.replaceAll("+", " ")) : key;
  };
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
