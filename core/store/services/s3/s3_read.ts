import { httpGet } from "../../http/http_get.ts";
import { emptyStream } from "../../http/http_read.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";
import { headObject } from "./s3_stat.ts";

/** The bytes of an object or of a range of it. Fails in the stream when the connection ends before the bytes that were announced. */
export async function readObject(
  context: S3Context,
  at: string,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { length, ifMatch, signal } = options;
  const { path, key } = placeOf(context, { operation: "read", path: at });
  const call = { operation: "read", path, signal };
  if (length === 0) {
    const { etag } = await headObject(context, { ...call, ifMatch });
    return emptyStream(etag);
  }
  return await httpGet(context.info, call, {
    ...options,
    send: (range) =>
      request(context, call, {
        method: "GET",
        key,
        headers: { ...range, ...context.customerKey, "if-match": ifMatch },
        // The range begins at or past the end.
        accepts: 416,
        take: (answer) => answer,
      }),
  });
}
