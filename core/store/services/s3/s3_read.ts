import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { HttpBody } from "../../http/http_connection.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { objectStream } from "../../object_stream.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { placeOf, request, type S3Context } from "./s3_context.ts";
import { s3Error, statusOf } from "./s3_error.ts";
import { headObject } from "./s3_stat.ts";
import { AnswerReadable } from "./s3_transport.ts";

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
  if (!(body instanceof AnswerReadable))
    throw new Error("Cannot read the answer of the SDK: its body is not the transport's");
  if (range !== undefined && !contentRange?.startsWith(`bytes ${offset}-`)) {
    body.body.destroy();
    const state = "the service did not send the range that was asked for";
    throw storeError(context.info, { ...call, kind: "Unsupported", state });
  }
  return bodyStream({ context, call, body: body.body, expectedBytes, etag: etag || undefined });
}

function rangeHeader(offset: number, length: number | undefined): string | undefined {
  const end = length === undefined || !Number.isFinite(length) ? undefined : offset + length - 1;
  if (offset === 0 && end === undefined) return undefined;
  return `bytes=${offset}-${end ?? ""}`;
}

function emptyStream(etag: string | undefined): ObjectStream {
  return objectStream({ etag, pull: async () => undefined, close() {} });
}

/** The body of an answer as a stream. Fails when it ends before the bytes that were announced. */
export function bodyStream(source: {
  readonly context: S3Context;
  readonly call: HttpCall;
  readonly body: HttpBody;
  readonly expectedBytes?: number | undefined;
  readonly etag?: string | undefined;
}): ObjectStream {
  const { context, call, body, expectedBytes, etag } = source;
  let received = 0;
  return objectStream({
    etag,
    async pull() {
      const chunk = await body.next().catch((failure: unknown) => {
        throw s3Error(context.info, call, failure);
      });
      if (chunk !== undefined) {
        received += chunk.length;
        return chunk;
      }
      if (expectedBytes === undefined ? body.complete : received === expectedBytes) return undefined;
      const state = `the connection ended after ${received} of ${expectedBytes ?? "more"} bytes`;
      throw storeError(context.info, { ...call, kind: "Unreachable", retry: "later", state });
    },
    close() {
      body.destroy();
    },
  });
}
