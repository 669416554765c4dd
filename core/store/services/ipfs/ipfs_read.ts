import { answerStream, emptyStream } from "../../http/http_read.ts";
import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { find, type IpfsContext, missing, type PathCall, send, throwStreamError } from "./ipfs_context.ts";

/** Reads by the identifier of the content, which never changes: all of the bytes are of one version, also when the file is replaced meanwhile. */
export async function readFile(
  context: IpfsContext,
  call: PathCall,
  { offset = 0, length = Number.POSITIVE_INFINITY, ifMatch }: ReadOptions,
): Promise<ObjectStream> {
  const { meta, cid } = await find(context, call);
  if (meta.kind !== "file") throw missing(context, call);
  if (ifMatch !== undefined && ifMatch !== cid) {
    const state = "the object is not the one that was expected";
    throw storeError(context.info, { ...call, kind: "ConditionFailed", state });
  }
  const bytes = Math.min(length, (meta.size ?? 0) - offset);
  if (bytes <= 0) return emptyStream(cid);
  const options = { offset: String(offset), length: String(bytes) };
  const answer = await send(context, call, { name: "cat", args: [`/ipfs/${cid}`], options });
  const headers = { ...answer.headers, "content-length": String(bytes) };
  const stream = answerStream(context.info, call, { answer: { ...answer, headers }, etag: cid });
  const chunks = stream[Symbol.asyncIterator]();
  return objectStream({
    etag: cid,
    async pull() {
      // What went wrong after the head stands in the trailer, and says more than that bytes are missing.
      const result = await chunks.next().catch((error: unknown) => {
        throwStreamError(context, call, answer);
        throw error;
      });
      if (result.done !== true) return result.value;
      throwStreamError(context, call, answer);
      return undefined;
    },
    async close() {
      await chunks.return?.();
    },
  });
}
