import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import { objectStream } from "../object_stream.ts";
import type { ObjectStream, StoreInfo } from "../store.ts";
import { storeError, throwIfCancelled } from "../store_error.ts";
import type { HttpAnswer } from "./http_client.ts";
import { exchangeError, type HttpCall } from "./http_error.ts";

/** The body of an answer as the bytes of an object. Fails when it ends before the bytes that were announced. */
export function answerStream(
  info: StoreInfo,
  call: HttpCall,
  source: { readonly answer: HttpAnswer; readonly etag?: string | undefined },
): ObjectStream {
  const { body, headers } = source.answer;
  const length = headers["content-length"];
  const expectedBytes = length === undefined ? undefined : Number(length);
  const { signal, ...place } = call;
  let received = 0;
  // Where the answer was over before the signal, nobody else would end the stream.
  const stop = () => body.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  return objectStream({
    etag: source.etag,
    async pull() {
      throwIfCancelled(info, { ...place, signal });
      const chunk = await body.next().catch((failure: unknown) => {
        throw exchangeError(info, call, failure);
      });
      if (chunk !== undefined) {
        received += chunk.length;
        return chunk;
      }
      throwIfCancelled(info, { ...place, signal });
      const complete = expectedBytes === undefined ? body.complete : received === expectedBytes;
      if (complete) return undefined;
      const state = `the connection ended after ${received} of ${expectedBytes ?? "more"} bytes`;
      throw storeError(info, { ...place, kind: "Unreachable", retry: "later", state });
    },
    close() {
      signal?.removeEventListener("abort", stop);
      body.destroy();
    },
  });
}

/** A stream without bytes. */
export function emptyStream(etag?: string): ObjectStream {
  return objectStream({ etag, pull: async () => undefined, close() {} });
}

/** The header `Range` that asks for these bytes, if it needs one. `length` is not 0. */
export function rangeHeader(offset: number, length: number | undefined): string | undefined {
  const end = length === undefined || !Number.isFinite(length) ? undefined : offset + length - 1;
  if (offset === 0 && end === undefined) return undefined;
  return `bytes=${offset}-${end ?? ""}`;
}

/** The body of an answer as text. `Unexpected` when it is longer than `bytesMax`. */
export async function answerText(
  info: StoreInfo,
  call: HttpCall,
  source: { readonly answer: HttpAnswer; readonly bytesMax: number },
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answerStream(info, call, source)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > source.bytesMax) {
        const { signal: _, ...place } = call;
        const state = `the answer is longer than ${source.bytesMax} bytes`;
        throw storeError(info, { ...place, kind: "Unexpected", state });
      }
    }
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    chunks.forEach(giveBack);
  }
}
