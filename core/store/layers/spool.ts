import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import type { ReopenableStream } from "../../bytes/reopenable_stream.ts";
import { JcsError } from "../../errors.ts";
import { SMALL_SOURCE_BYTES_MAX } from "../../limits.ts";
import { localError } from "../../local/local_error.ts";
import { type TemporaryFile, temporaryFile } from "../../local/temporary_file.ts";
import type { Layer } from "../layer.ts";
import type { ObjectMeta, StoreInfo, WriteOptions } from "../store.ts";
import { takeBody } from "../take_body.ts";

/** What gathering begins with; doubled until {@link SMALL_SOURCE_BYTES_MAX}. */
const FIRST_BYTES = 64 * 1024;

/** Where long bodies are gathered. */
export interface SpoolOptions {
  readonly directory: string;
  /** {@link temporaryFile} unless given. */
  readonly createFile?: (directory: string) => Promise<TemporaryFile>;
}

/** A body that was gathered. */
interface Gathered {
  readonly body: Uint8Array | ReopenableStream;
  readonly size: number;
  close(): Promise<void>;
}

/** Lets a store that wants to know the length of a body beforehand take one of unknown size: it is gathered first, up to {@link SMALL_SOURCE_BYTES_MAX} in
 *  memory and a longer one in a temporary file, and then written with its size. A store that needs none of that stays as it is.
 *
 *  Nothing reaches the service before all of the body is there: its own failure is thrown as it is. What was gathered can be sent again by layers inside.
 *  `NoSpace` when the disk of `directory` is full, `Config` when no file can be made there. */
export function spool(options: SpoolOptions): Layer {
  return (inner) => {
    const { append, capabilities, info } = inner;
    if (capabilities.writeUnknownSize || capabilities.readOnly === true) return inner;
    const send = async (
      call: WriteOptions & {
        readonly operation: string;
        readonly path: string;
        readonly body: Uint8Array | ByteStream;
      },
      work: (body: Uint8Array | ByteStream, sent: WriteOptions) => Promise<ObjectMeta>,
    ): Promise<ObjectMeta> => {
      const { operation: _, path: __, body, ...sent } = call;
      if (body instanceof Uint8Array || sent.size !== undefined) return await work(body, sent);
      const { size, ...gathered } = await gather({ ...call, info, body }, options);
      try {
        return await work(gathered.body, { ...sent, size });
      } finally {
        await gathered.close();
      }
    };
    return {
      ...inner,
      capabilities: { ...capabilities, writeUnknownSize: true },
      write: (path, body, call = {}) =>
        send({ ...call, operation: "write", path, body }, (whole, sent) => inner.write(path, whole, sent)),
      ...(append && {
        append: (path, body, call = {}) =>
          send({ ...call, operation: "append", path, body }, (whole, sent) =>
            append.call(inner, path, whole, sent),
          ),
      }),
    };
  };
}

/** Takes all of the body. Lets it go, and keeps nothing, when that fails. */
async function gather(
  call: {
    readonly info: StoreInfo;
    readonly operation: string;
    readonly path: string;
    readonly body: ByteStream;
    readonly signal?: AbortSignal;
  },
  { directory, createFile = temporaryFile }: SpoolOptions,
): Promise<Gathered> {
  const { operation, path } = call;
  const source = takeBody(call.body, call);
  let held = new Uint8Array(FIRST_BYTES);
  let filled = 0;
  let size = 0;
  let file: TemporaryFile | undefined;
  const flush = async () => {
    try {
      file ??= await createFile(directory);
      await file.append(held.subarray(0, filled));
      filled = 0;
    } catch (error) {
      throw spoolError(error, { directory, operation, path });
    }
  };
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
      for (let taken = 0; taken < chunk.length; ) {
        if (filled === SMALL_SOURCE_BYTES_MAX) await flush();
        else if (filled === held.length) held = doubled(held);
        const piece = chunk.subarray(taken, taken + held.length - filled);
        held.set(piece, filled);
        filled += piece.length;
        taken += piece.length;
      }
      size += chunk.length;
      giveBack(chunk);
    }
    if (file === undefined) return { body: held.subarray(0, filled), size, close: async () => {} };
    await flush();
    const { read, close } = file;
    const body = { reopenable: true, [Symbol.asyncIterator]: () => read()[Symbol.asyncIterator]() } as const;
    return { body, size, close };
  } catch (error) {
    await file?.close().catch(() => {});
    throw error;
  } finally {
    source.end();
  }
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(2 * bytes.length, SMALL_SOURCE_BYTES_MAX));
  larger.set(bytes);
  return larger;
}

function spoolError(
  cause: unknown,
  place: { readonly directory: string; readonly operation: string; readonly path: string },
): JcsError {
  const { directory, operation, path } = place;
  const action = "gather a body of unknown size in";
  const { kind, message } = localError(cause, { action, file: directory });
  const hint =
    "Set JCS_TEMP to a directory with room for all of it, or put it into a file first and send that";
  // A missing or forbidden directory is no missing or forbidden object.
  const told = kind === "NoSpace" || kind === "Unexpected" ? kind : "Config";
  return new JcsError(told, `${message}. ${hint}`, { where: { operation, path }, cause });
}
