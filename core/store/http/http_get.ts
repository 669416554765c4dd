import type { ObjectStream, ReadOptions, StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import { discard, type HttpAnswer } from "./http_client.ts";
import type { HttpCall } from "./http_error.ts";
import { answerStream, emptyStream, rangeHeader } from "./http_read.ts";

/** Reads an object, or a range of it of at least one byte, by GET.
 *
 *  `send` makes the request with the headers that it is given, and throws for every answer of status 300 and above but 416. Tags count as the
 *  same when only their weakness differs: some servers call a tag weak for as long as the object is new. */
export async function httpGet(
  info: StoreInfo,
  call: HttpCall,
  get: Pick<ReadOptions, "offset" | "length" | "ifMatch"> & {
    readonly send: (headers: Readonly<Record<string, string>>) => Promise<HttpAnswer>;
  },
): Promise<ObjectStream> {
  const { offset = 0, length, ifMatch } = get;
  const { signal: _, ...place } = call;
  const range = rangeHeader(offset, length);
  const answer = await get.send(range === undefined ? {} : { range });
  const etag = strongTag(answer.headers["etag"]);
  const refuse = (kind: "ConditionFailed" | "Unsupported", state: string) => {
    answer.body.destroy();
    return storeError(info, { ...place, kind, state });
  };
  if (answer.status === 416) {
    discard(answer);
    return emptyStream();
  }
  if (ifMatch !== undefined && etag !== undefined && etag !== ifMatch) {
    throw refuse("ConditionFailed", "the object is not the one that was expected");
  }
  if (range !== undefined && answer.status !== 206) {
    // An empty object has no ranges.
    if (answer.headers["content-length"] === "0") {
      discard(answer);
      return emptyStream(etag);
    }
    throw refuse("Unsupported", "the service did not send the range that was asked for");
  }
  if (range !== undefined && !answer.headers["content-range"]?.startsWith(`bytes ${offset}-`)) {
    throw refuse("Unsupported", "the service did not send the range that was asked for");
  }
  return answerStream(info, call, { answer, etag });
}

/** A tag without the mark of weakness. */
export function strongTag(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, "") || undefined;
}
