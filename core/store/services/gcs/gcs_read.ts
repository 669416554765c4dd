import { googleRequest } from "../../google/google_request.ts";
import { discard } from "../../http/http_client.ts";
import { answerStream, emptyStream, rangeHeader } from "../../http/http_read.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type GcsContext, objectPath, placeOf } from "./gcs_context.ts";
import { conditionOf, statObject } from "./gcs_stat.ts";

/** The bytes of an object or of a range of it. Fails in the stream when the connection ends before the bytes that were announced. */
export async function readObject(
  context: GcsContext,
  at: string,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset = 0, length, ifMatch, signal } = options;
  const place = placeOf(context, { operation: "read", path: at });
  const call = { operation: "read", path: place.path, signal };
  if (length === 0) return emptyStream((await statObject(context, { ...call, ifMatch }, place)).etag);
  const range = rangeHeader(offset, length);
  const answer = await googleRequest(context, call, {
    method: "GET",
    path: objectPath(context, place.name),
    query: { alt: "media", ...conditionOf(ifMatch) },
    ...(range === undefined ? {} : { headers: { range } }),
    // The range begins at or past the end.
    accept: range === undefined ? [] : [416],
  });
  const etag = answer.headers["x-goog-generation"];
  if (answer.status === 416) {
    discard(answer);
    return emptyStream(etag);
  }
  if (range !== undefined && !answer.headers["content-range"]?.startsWith(`bytes ${offset}-`)) {
    answer.body.destroy();
    const state = "the service did not send the range that was asked for";
    throw storeError(context.info, { kind: "Unsupported", operation: "read", path: place.path, state });
  }
  return answerStream(context.info, call, { answer, etag });
}
