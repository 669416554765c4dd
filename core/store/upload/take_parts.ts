import type { ByteStream } from "../../bytes/byte_stream.ts";
import { ATTEMPTS_MAX } from "../../limits.ts";
import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import { takeBody } from "../take_body.ts";
import { type PieceSource, partsOfBytes, partsOfStream } from "./part_source.ts";

/** The body of a write that a service sends in parts. */
export interface TakenParts {
  readonly source: PieceSource;
  /** Its length, where that is known. */
  readonly size: number | undefined;
  /** How often to try a request with some of it: once with bytes, which the retry layer writes anew, and else as often as only who holds the part can. */
  readonly attempts: number;
  /** To be called once the write is over, however it ended. Never throws, does not wait. */
  end(): void;
}

/** Takes the body of a write to cut it into parts, with what {@link takeBody} insists on: bytes that are not `size` are `ConditionFailed` here already. */
export function takeParts(
  body: Uint8Array | ByteStream,
  call: {
    readonly info: StoreInfo;
    readonly operation: string;
    readonly path: string;
    readonly size?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): TakenParts {
  if (!(body instanceof Uint8Array)) {
    const taken = takeBody(body, call);
    return { source: partsOfStream(taken), size: call.size, attempts: ATTEMPTS_MAX, end: taken.end };
  }
  const { info, operation, path, size = body.length } = call;
  if (size !== body.length) {
    const state = `the body has ${body.length} bytes and not ${size}`;
    throw storeError(info, { kind: "ConditionFailed", operation, path, state });
  }
  return { source: partsOfBytes(body), size, attempts: 1, end() {} };
}
