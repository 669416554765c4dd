import { discard } from "../../http/http_client.ts";
import { answerStream, emptyStream, rangeHeader } from "../../http/http_read.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { type AzblobContext, placeOf, request } from "./azblob_context.ts";
import { headBlob } from "./azblob_meta.ts";

/** The bytes of a blob or of a range of it. Fails in the stream when the connection ends before the bytes that were announced. */
export async function readBlob(
  context: AzblobContext,
  at: string,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset = 0, length, ifMatch, signal } = options;
  const place = placeOf(context, { operation: "read", path: at });
  const call = { operation: "read", path: place.path, signal };
  if (length === 0) {
    const { etag } = await headBlob(context, { ...call, ifMatch }, place);
    return emptyStream(etag);
  }
  const range = rangeHeader(offset, length);
  const answer = await request(
    context,
    call,
    {
      method: "GET",
      blob: place.blob,
      headers: {
        ...(range === undefined ? {} : { range }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
    },
    // The range begins at or past the end.
    { accept: range === undefined ? [] : [416] },
  );
  if (answer.status === 416) {
    discard(answer);
    return emptyStream();
  }
  if (range !== undefined && !answer.headers["content-range"]?.startsWith(`bytes ${offset}-`)) {
    answer.body.destroy();
    const state = "the service did not send the range that was asked for";
    throw storeError(context.info, { kind: "Unsupported", operation: "read", path: place.path, state });
  }
  return answerStream(context.info, call, { answer, etag: answer.headers["etag"] });
}
