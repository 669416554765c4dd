import { assert } from "../../assert.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import type {
  CallOptions,
  ListOptions,
  MultipartUpload,
  ObjectMeta,
  ObjectStream,
  ReadOptions,
  Store,
  WriteOptions,
} from "../store.ts";

/** Everything that can be asked of a store; the last four of an upload in parts. */
export type Operation =
  | "stat"
  | "read"
  | "write"
  | "append"
  | "writeAt"
  | "remove"
  | "list"
  | "copy"
  | "move"
  | "link"
  | "fetch"
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
  /** See {@link CallOptions.attempt}. */
  readonly attempt?: number | undefined;
}

/** One call of an operation with a body. */
export interface BodyCall extends Call {
  readonly operation: "write" | "append" | "writeAt" | "part";
  readonly body: Uint8Array | ByteStream;
  /** Length of the body, where it was said. */
  readonly size: number | undefined;
  /** Whether doing it twice is the same as once, as far as the operation itself is concerned. */
  readonly repeatable: boolean;
}

/** What a layer may change of a call with a body. */
export type BodyOptions = CallOptions & { readonly size?: number };

/** What a layer does with the operations: `send` gets those with a body, `run` those without any bytes. */
export interface Around {
  /** Runs `work`, once, never or several times, with the signal it shall obey, and with what it shall call when it gets on, where it can tell,
   *  or with the number of the try, where that is another than the call's. */
  run<T>(
    call: Call,
    work: (
      signal: AbortSignal | undefined,
      more?: { readonly onProgress?: () => void; readonly attempt?: number },
    ) => Promise<T>,
  ): Promise<T>;
  read(path: string, options: ReadOptions): Promise<ObjectStream>;
  /** Writes, appends or uploads a part by calling `work` with the body, or with another in its place. */
  send<T>(
    call: BodyCall,
    work: (body: Uint8Array | ByteStream, options: BodyOptions) => Promise<T>,
  ): Promise<T>;
  list(prefix: string, options: ListOptions): AsyncIterable<ObjectMeta>;
}

/** `inner` with `around` between it and the caller. Has the optional operations that `inner` has, and its capabilities. */
export function wrapStore(inner: Store, around: Around): Store {
  const simple = <T>(
    call: { readonly operation: Operation; readonly path: string; readonly options: CallOptions | undefined },
    work: (options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    const { operation, path, options } = call;
    return around.run(callOf({ operation, path }, options), (signal, more) =>
      work(withSignal(options, signal, more?.attempt)),
    );
  };
  const send = <T>(
    call: Pick<BodyCall, "operation" | "path" | "body" | "repeatable"> & { readonly options: WriteOptions },
    work: (body: Uint8Array | ByteStream, options: WriteOptions) => Promise<T>,
  ): Promise<T> => {
    const { options, ...rest } = call;
    const size = options.size ?? (rest.body instanceof Uint8Array ? rest.body.length : undefined);
    return around.send({ ...callOf(rest, options), size }, (body, { size: said, signal, attempt }) =>
      work(body, {
        ...withSignal(options, signal, attempt),
        ...(said === undefined ? {} : { size: said }),
      }),
    );
  };
  const { append, writeAt, copy, move, link, fetch, multipart, makeDirectory, prepare } = inner;
  const { sign, signMultipart } = inner;
  return {
    info: inner.info,
    native: inner.native,
    capabilities: inner.capabilities,
    stat: (path, options) =>
      simple({ operation: "stat", path, options }, (inside) => inner.stat(path, inside)),
    read: (path, options = {}) => around.read(path, options),
    write: (path, body, options = {}) =>
      send(
        { operation: "write", path, body, options, repeatable: options.ifAbsent !== true },
        (inside, call) => inner.write(path, inside, call),
      ),
    ...(append && {
      append: (path, body, options = {}) =>
        send({ operation: "append", path, body, options, repeatable: false }, (inside, call) =>
          append.call(inner, path, inside, call),
        ),
    }),
    ...(writeAt && {
      writeAt: (path, offset, bytes, options = {}) =>
        around.send(
          {
            operation: "writeAt",
            path,
            body: bytes,
            size: bytes.length,
            signal: options.signal,
            attempt: options.attempt,
            repeatable: true,
          },
          (inside, { signal, attempt }) => {
            assert(inside instanceof Uint8Array, "a layer hands on bytes as bytes");
            return writeAt.call(inner, path, offset, inside, withSignal(options, signal, attempt));
          },
        ),
    }),
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
    ...(link && {
      link: (path, target, options) =>
        simple({ operation: "link", path, options }, (inside) => link.call(inner, path, target, inside)),
    }),
    ...(fetch && {
      fetch: (path, url, options) =>
        around.run(callOf({ operation: "fetch", path }, options), (signal, more) =>
          fetch.call(inner, path, url, {
            ...withSignal(options, signal, more?.attempt),
            onProgress(bytes) {
              more?.onProgress?.();
              options?.onProgress?.(bytes);
            },
          }),
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
    ...(signMultipart && {
      signMultipart: (path, step, options) =>
        simple({ operation: "sign", path, options: undefined }, () =>
          signMultipart.call(inner, path, step, options),
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
    ...(inner.forget && { forget: inner.forget }),
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
      around.send(
        { ...callOf({ operation: "part", path, body, repeatable: true }, options), size: options.size },
        (inside, call) => upload.part(number, inside, { size: options.size, ...call }),
      ),
    complete: (parts, options) =>
      around.run(callOf({ operation: "complete", path }, options), (signal, more) =>
        upload.complete(parts, withSignal(options, signal, more?.attempt)),
      ),
    abort: (options) =>
      around.run(callOf({ operation: "abort", path }, options), (signal, more) =>
        upload.abort(withSignal(options, signal, more?.attempt)),
      ),
  };
}

function callOf<Operand extends { readonly operation: Operation; readonly path: string }>(
  call: Operand,
  options: CallOptions | undefined,
): Operand & Pick<Call, "signal" | "attempt"> {
  return { ...call, signal: options?.signal, attempt: options?.attempt };
}

/** The same options with another signal, or none, and as another try where one is given. */
export function withSignal<Options extends CallOptions>(
  options: Options | undefined,
  signal: AbortSignal | undefined,
  attempt: number | undefined = options?.attempt,
): Options {
  const { signal: _, attempt: __, ...rest } = options ?? ({} as Options);
  return {
    ...rest,
    ...(signal === undefined ? {} : { signal }),
    ...(attempt === undefined ? {} : { attempt }),
  } as Options;
}

/** Size and signal as options: only what is there. */
export function bodyOptions(call: {
  readonly size: number | undefined;
  readonly signal: AbortSignal | undefined;
}): BodyOptions {
  const { size, signal } = call;
  return { ...(size === undefined ? {} : { size }), ...(signal === undefined ? {} : { signal }) };
}
