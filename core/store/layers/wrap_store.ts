import type { ByteStream } from "../../bytes/byte_stream.ts";
import type {
  CallOptions,
  ListOptions,
  MultipartUpload,
  ObjectMeta,
  ObjectStream,
  ReadOptions,
  Store,
  UploadedPart,
  WriteOptions,
} from "../store.ts";

/** Everything that can be asked of a store; the last three of an upload in parts. */
export type Operation =
  | "stat"
  | "read"
  | "write"
  | "remove"
  | "list"
  | "copy"
  | "move"
  | "makeDirectory"
  | "sign"
  | "prepare"
  | "multipart"
  | "part"
  | "complete"
  | "abort";

/** One call of an operation without a body, on its way to the inner store. */
export interface Call {
  readonly operation: Operation;
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

/** Options of an upload of one part. */
export type PartOptions = CallOptions & { readonly size: number };

/** What a layer does with the operations. Those with bytes have their own member, `run` gets all others. */
export interface Around {
  /** Runs `work`, once, never or several times, with the signal it shall obey. */
  run<T>(call: Call, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T>;
  read(path: string, options: ReadOptions): Promise<ObjectStream>;
  write(path: string, body: Uint8Array | ByteStream, options: WriteOptions): Promise<ObjectMeta>;
  list(prefix: string, options: ListOptions): AsyncIterable<ObjectMeta>;
  /** Uploads one part by calling `upload`. */
  part(
    call: Call & { readonly body: Uint8Array | ByteStream; readonly size: number },
    upload: (body: Uint8Array | ByteStream, options: PartOptions) => Promise<UploadedPart>,
  ): Promise<UploadedPart>;
}

/** `inner` with `around` between it and the caller. Has the optional operations that `inner` has, and its capabilities. */
export function wrapStore(inner: Store, around: Around): Store {
  const simple = <T>(
    call: { readonly operation: Operation; readonly path: string; readonly options: CallOptions | undefined },
    work: (options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    const { operation, path, options } = call;
    return around.run({ operation, path, signal: options?.signal }, (signal) =>
      work(withSignal(options, signal)),
    );
  };
  const { copy, move, multipart, makeDirectory, sign, prepare } = inner;
  return {
    info: inner.info,
    native: inner.native,
    capabilities: inner.capabilities,
    stat: (path, options) =>
      simple({ operation: "stat", path, options }, (inside) => inner.stat(path, inside)),
    read: (path, options = {}) => around.read(path, options),
    write: (path, body, options = {}) => around.write(path, body, options),
    remove: (path, options) =>
      simple({ operation: "remove", path, options }, (inside) => inner.remove(path, inside)),
    list: (prefix, options = {}) => around.list(prefix, options),
    ...(copy && {
      copy: (source, target, options) =>
        simple({ operation: "copy", path: source, options }, (inside) =>
          copy.call(inner, source, target, inside),
        ),
    }),
    ...(move && {
      move: (source, target, options) =>
        simple({ operation: "move", path: source, options }, (inside) =>
          move.call(inner, source, target, inside),
        ),
    }),
    ...(makeDirectory && {
      makeDirectory: (path, options) =>
        simple({ operation: "makeDirectory", path, options }, (inside) =>
          makeDirectory.call(inner, path, inside),
        ),
    }),
    ...(sign && {
      sign: (operation, path, options) =>
        simple({ operation: "sign", path, options: undefined }, () =>
          sign.call(inner, operation, path, options),
        ),
    }),
    ...(prepare && {
      prepare: (options) =>
        simple({ operation: "prepare", path: "", options }, (inside) => prepare.call(inner, inside)),
    }),
    ...(multipart && {
      multipart: async (path, options) => {
        const upload = await simple({ operation: "multipart", path, options }, (inside) =>
          multipart.call(inner, path, { ...options, ...inside }),
        );
        return wrapUpload(path, { upload, around });
      },
    }),
    close: () => inner.close(),
  };
}

function wrapUpload(
  path: string,
  { upload, around }: { readonly upload: MultipartUpload; readonly around: Around },
): MultipartUpload {
  return {
    id: upload.id,
    part: (number, body, options) =>
      around.part(
        { operation: "part", path, signal: options.signal, body, size: options.size },
        (inside, call) => upload.part(number, inside, call),
      ),
    complete: (parts, options) =>
      around.run({ operation: "complete", path, signal: options?.signal }, (signal) =>
        upload.complete(parts, withSignal(options, signal)),
      ),
    abort: (options) =>
      around.run({ operation: "abort", path, signal: options?.signal }, (signal) =>
        upload.abort(withSignal(options, signal)),
      ),
  };
}

/** The same options with another signal, or none. */
export function withSignal<Options extends CallOptions>(
  options: Options | undefined,
  signal: AbortSignal | undefined,
): Options {
  const { signal: _, ...rest } = options ?? ({} as Options);
  return (signal === undefined ? rest : { ...rest, signal }) as Options;
}
