import type { ByteStream } from "../../bytes/byte_stream.ts";
import { ATTEMPTS_MAX } from "../../limits.ts";
import type { ObjectMeta, StoreInfo, UploadedPart, WriteOptions } from "../store.ts";
import { storeError } from "../store_error.ts";
import { retryHeld } from "./retry_held.ts";
import { sendParts } from "./send_parts.ts";
import { takeParts } from "./take_parts.ts";

/** How a service writes one object, at once or in parts. Each method is one request, made once. */
export interface PartWriter<Upload> {
  /** A body that is known to be no longer goes at once. */
  readonly onceBytesMax: number;
  /** Parts that one object may have. */
  readonly partsMax: number;
  /** Parts that are sent at the same time. */
  readonly concurrency: number;
  /** Bytes of part `number` (from 1) of a body of `size` bytes. */
  partBytes(number: number, size: number | undefined): number;
  put(bytes: Uint8Array, signal: AbortSignal): Promise<ObjectMeta>;
  begin(signal: AbortSignal): Promise<Upload>;
  send(
    upload: Upload,
    part: { readonly number: number; readonly bytes: Uint8Array; readonly signal: AbortSignal },
  ): Promise<UploadedPart>;
  /** Makes the object of its parts. `again` says that this was tried before and that the answer may have been lost. */
  complete(
    upload: Upload,
    parts: readonly UploadedPart[],
    options: { readonly signal: AbortSignal; readonly again: boolean },
  ): Promise<ObjectMeta>;
  /** Throws the parts away, also when the caller has cancelled. Never throws. Absent where the service forgets them by itself. */
  abort?(upload: Upload): Promise<unknown>;
}

/** Writes an object: a small one in one request, a larger one in parts, several at the same time.
 *
 *  Memory: `partBytes × concurrency`, or one body up to `onceBytesMax`. What fails is aborted. Requests for the bytes of a stream are tried again here, where
 *  those bytes are; with bytes the retry layer does it all. */
export async function writeInParts<Upload>(
  place: { readonly info: StoreInfo; readonly operation: string; readonly path: string },
  write: Pick<WriteOptions, "size" | "ifAbsent" | "checksum" | "signal"> & {
    readonly body: Uint8Array | ByteStream;
  },
  writer: PartWriter<Upload>,
): Promise<ObjectMeta> {
  const { onceBytesMax, partsMax, concurrency } = writer;
  const halt = new AbortController();
  const signal = write.signal === undefined ? halt.signal : AbortSignal.any([write.signal, halt.signal]);
  const { source, size, attempts, end } = takeParts(write.body, { ...place, size: write.size, signal });
  const fault = (state: string) => {
    const { info, ...call } = place;
    return storeError(info, { ...call, kind: "Unsupported", state });
  };
  const partBytes = (number: number) => writer.partBytes(number, size);
  try {
    const isSmall = size !== undefined && size <= onceBytesMax;
    const first = await source.next(isSmall ? Math.max(size, 1) : partBytes(1));
    const second = await source.next(partBytes(2));
    if (second === undefined || first === undefined) {
      const bytes = first ?? new Uint8Array(0);
      // The answer to one with ifAbsent may have been lost: a second try would find its own object in the way.
      return await retryHeld({ attempts: write.ifAbsent ? 1 : attempts, signal }, () =>
        writer.put(bytes, signal),
      );
    }
    if (write.checksum !== undefined) {
      throw fault("a body that is sent in parts takes no checksum; set a larger multipart_threshold");
    }
    const upload = await retryHeld({ attempts, signal }, () => writer.begin(signal));
    try {
      const parts = await sendParts(source, {
        first: [first, second],
        partBytes,
        concurrency,
        signal,
        halt,
        async send(number, bytes) {
          if (number <= partsMax) return await writer.send(upload, { number, bytes, signal });
          throw fault(
            `the object has more than ${partsMax} parts; set a larger part_size in the connection string`,
          );
        },
      });
      return await retryHeld({ attempts: ATTEMPTS_MAX, signal }, (attempt) =>
        writer.complete(upload, parts, { signal, again: attempt > 1 }),
      );
    } catch (error) {
      await writer.abort?.(upload);
      throw error;
    }
  } finally {
    end();
  }
}
