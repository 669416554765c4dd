import type { ByteStream } from "../../bytes/byte_stream.ts";
import { cancelStream } from "../../bytes/cancel_stream.ts";

/** Does `work`, which comes before the body of a write is taken; when it fails the body is let go. */
export async function beforeBody<T>(body: Uint8Array | ByteStream, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(body instanceof Uint8Array)) await cancelStream(body);
    throw error;
  }
}
