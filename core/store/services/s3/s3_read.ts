import { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { STREAM_CHUNK_BYTES } from "../../../limits.ts";
import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";
import { s3Error, statusOf } from "./s3_error.ts";
import { headObject } from "./s3_stat.ts";

/** The bytes of an object or of a range of it. Fails in the stream when the connection ends before the bytes that were announced. */
export async function readObject(
  context: S3Context,
  at: string,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset = 0, length, ifMatch, signal } = options;
  const { path, key } = placeOf(context, { operation: "read", path: at });
  const call = { operation: "read", path, signal };
  if (length === 0) {
    const { etag } = await headObject(context, { ...call, ifMatch });
    return emptyStream(etag);
  }
  const range = rangeHeader(offset, length);
  const output = await request(context, call, (sendOptions) =>
    context.client
      .send(
        new GetObjectCommand({
          ...context.bucket,
          ...context.customerKey,
          Key: key,
          ...(range === undefined ? {} : { Range: range }),
          ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
        }),
        sendOptions,
      )
      .catch((failure: unknown) => {
        // The range begins at or past the end.
        if (range !== undefined && statusOf(failure) === 416) return undefined;
        throw failure;
      }),
  );
  if (output === undefined) return emptyStream(undefined);
  const { Body: body, ContentLength: expectedBytes, ContentRange: contentRange, ETag: etag } = output;
  if (!(body instanceof Readable))
    throw new Error("Cannot read the answer of the SDK: its body is no stream");
  if (range !== undefined && !contentRange?.startsWith(`bytes ${offset}-`)) {
    body.destroy();
    const state = "the service did not send the range that was asked for";
    throw storeError(context.info, { ...call, kind: "Unsupported", state });
  }
  return bodyStream({ context, call, body, expectedBytes, etag: etag || undefined });
}

function rangeHeader(offset: number, length: number | undefined): string | undefined {
  const end = length === undefined || !Number.isFinite(length) ? undefined : offset + length - 1;
  if (offset === 0 && end === undefined) return undefined;
  return `bytes=${offset}-${end ?? ""}`;
}

function emptyStream(etag: string | undefined): ObjectStream {
  return objectStream({ etag, pull: async () => undefined, close() {} });
}

function bodyStream(source: {
  readonly context: S3Context;
  readonly call: {
    readonly operation: string;
    readonly path: string;
    readonly signal: AbortSignal | undefined;
  };
  readonly body: Readable;
  readonly expectedBytes: number | undefined;
  readonly etag: string | undefined;
}): ObjectStream {
  const { context, call, body, expectedBytes, etag } = source;
  // A failure between two pulls is kept for the next one; without a listener it would end the process.
  body.on("error", () => {});
  const iterator: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: true });
  let received = 0;
  let rest: Uint8Array = new Uint8Array(0);
  return objectStream({
    etag,
    async pull() {
      if (rest.length === 0) {
        const result = await iterator.next().catch((failure: unknown) => {
          throw s3Error(context.info, call, failure);
        });
        if (result.done === true) {
          if (expectedBytes === undefined || received === expectedBytes) return undefined;
          const state = `the connection ended after ${received} of ${expectedBytes} bytes`;
          throw storeError(context.info, { ...call, kind: "Unreachable", retry: "later", state });
        }
        const { buffer, byteOffset, byteLength } = result.value;
        rest = new Uint8Array(buffer, byteOffset, byteLength);
        received += byteLength;
        noteGarbage(byteLength);
      }
      const chunk = rest.subarray(0, STREAM_CHUNK_BYTES);
      rest = rest.subarray(chunk.length);
      return chunk;
    },
    close() {
      body.destroy();
    },
  });
}
