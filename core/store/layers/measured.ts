import { cancelStream } from "../../bytes/cancel_stream.ts";
import { sliceStream } from "../../bytes/slice_stream.ts";
import { isKind } from "../../errors.ts";
import type { Layer } from "../layer.ts";
import { objectStream } from "../object_stream.ts";
import { effectiveCapabilities } from "../probe/effective_capabilities.ts";
import type { ProbeFinding } from "../probe/finding.ts";
import type { Capabilities, ObjectStream, ReadOptions, Store, WriteOptions } from "../store.ts";
import { storeError } from "../store_error.ts";

/** Takes from the store what a probe found it cannot do, so that nobody relies on it, and does it in another way where there is one: a range
 *  is cut out of a whole read; `ifAbsent` looks first (who writes at the same time may win); too long a name is `Usage` before anything is sent. Bodies of
 *  unknown size are a matter of `spool`, around it. */
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
  const refuse = (kind: "AlreadyExists" | "Usage", state: string) =>
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
  return await inner.write(path, body, { ...options, ...(ifAbsent && !looks ? { ifAbsent } : {}) });
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
