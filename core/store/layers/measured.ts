import { formatByteSize } from "../../bytes/byte_size.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { cancelStream } from "../../bytes/cancel_stream.ts";
import { collect } from "../../bytes/collect.ts";
import { sliceStream } from "../../bytes/slice_stream.ts";
import { isKind } from "../../errors.ts";
import { SMALL_SOURCE_BYTES_MAX } from "../../limits.ts";
import type { Layer } from "../layer.ts";
import { objectStream } from "../object_stream.ts";
import { effectiveCapabilities } from "../probe/effective_capabilities.ts";
import type { ProbeFinding } from "../probe/finding.ts";
import type { Capabilities, ObjectStream, ReadOptions, Store, WriteOptions } from "../store.ts";
import { storeError } from "../store_error.ts";
import { takeBody } from "../take_body.ts";

/** Takes from the store what a probe found it cannot do, so that nobody relies on it, and does it in another way where there is one: a range
 *  is cut out of a whole read; `ifAbsent` looks first (who writes at the same time may win); a body of unknown size up to
 *  {@link SMALL_SOURCE_BYTES_MAX} is gathered in memory, a longer one is `Unsupported`; too long a name is `Usage` before anything is sent. */
export function measured(findings: readonly ProbeFinding[]): Layer {
  return (inner) => {
    const capabilities = effectiveCapabilities(inner.capabilities, findings);
    if (capabilities === inner.capabilities) return inner;
    const { multipart, ...rest } = inner;
    return {
      ...rest,
      capabilities,
      ...(multipart && capabilities.multipart ? { multipart } : {}),
      read: capabilities.readRange ? inner.read : (path, options = {}) => readCut(inner, path, options),
      write: (path, body, options = {}) =>
        writeOtherwise({ inner, capabilities }, path, { ...options, body }),
    };
  };
}

/** Reads all there is and gives what was asked for. */
async function readCut(inner: Store, path: string, options: ReadOptions): Promise<ObjectStream> {
  const { offset = 0, length = Number.POSITIVE_INFINITY, ...call } = options;
  const whole = await inner.read(path, call);
  const iterator = sliceStream(whole, { offset, length })[Symbol.asyncIterator]();
  return objectStream({
    etag: whole.etag,
    async pull() {
      const result = await iterator.next();
      return result.done === true ? undefined : result.value;
    },
    close: () => cancelStream(whole),
  });
}

async function writeOtherwise(
  { inner, capabilities }: { readonly inner: Store; readonly capabilities: Capabilities },
  path: string,
  write: WriteOptions & { readonly body: Parameters<Store["write"]>[1] },
) {
  const { body, ifAbsent = false, ...options } = write;
  const refuse = (kind: "AlreadyExists" | "Unsupported" | "Usage", state: string) =>
    storeError(inner.info, { kind, operation: "write", path, state });
  const looks = ifAbsent && !capabilities.writeIfAbsent;
  try {
    const longest = Math.max(...path.split("/").map((name) => Buffer.byteLength(name)));
    if (longest > capabilities.nameBytesMax) {
      throw refuse("Usage", `a probe found that names are at most ${capabilities.nameBytesMax} bytes long`);
    }
    if (looks && (await exists(inner, path, options))) {
      throw refuse("AlreadyExists", "there is an object already");
    }
  } catch (error) {
    if (!(body instanceof Uint8Array)) await cancelStream(body);
    throw error;
  }
  const call = { ...options, ...(ifAbsent && !looks ? { ifAbsent } : {}) };
  const gathers = !capabilities.writeUnknownSize && options.size === undefined;
  if (!gathers || body instanceof Uint8Array) return await inner.write(path, body, call);
  const most = formatByteSize(SMALL_SOURCE_BYTES_MAX);
  const bytes = await collect(taken(inner, path, { ...options, body }), {
    bytesMax: SMALL_SOURCE_BYTES_MAX,
    tooLong: () =>
      refuse("Unsupported", `a probe found that it needs the size, and more than ${most} are not gathered`),
  });
  return await inner.write(path, bytes, { ...call, size: bytes.length });
}

/** The body, which the signal of the call ends. */
async function* taken(
  { info }: Store,
  path: string,
  { body, signal }: WriteOptions & { readonly body: ByteStream },
): ByteStream {
  const source = takeBody(body, { info, operation: "write", path, signal });
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield chunk;
  } finally {
    source.end();
  }
}

async function exists(inner: Store, path: string, options: WriteOptions): Promise<boolean> {
  const { signal } = options;
  try {
    await inner.stat(path, signal === undefined ? {} : { signal });
    return true;
  } catch (error) {
    if (isKind(error, "NotFound")) return false;
    throw error;
  }
}
