import type { ByteStream } from "../bytes/byte_stream.ts";
import { cancelStream } from "../bytes/cancel_stream.ts";
import type { NativeAddress, NativeCopyOptions } from "../client.ts";
import { isKind } from "../errors.ts";
import type { CallOptions, ObjectMeta, Store } from "../store/store.ts";
import { storeError } from "../store/store_error.ts";
import { repeatTransfer } from "./repeat_transfer.ts";

/** A file of a space, and the way to its store. */
export interface NativePlace extends NativeAddress {
  /** Calls `work` with the opened store; errors say which space it was. */
  on<T>(work: (store: Store) => T | Promise<T>): Promise<T>;
}

/** Copies one file, replacing the target, or moves it (`remove`): inside the service where both are on one space that can and nothing of
 *  the copy is to be different, else through this process.
 *
 *  A source that is moved through goes once the target is complete, and stays, with `ConditionFailed`, when it was changed meanwhile. */
export async function copyNative(
  source: NativePlace,
  target: NativePlace,
  options: NativeCopyOptions & { readonly remove: boolean },
): Promise<"inside" | "through"> {
  const { remove, signal } = options;
  const call: CallOptions = signal === undefined ? {} : { signal };
  if (source.space === target.space && (await inside(source, target, { ...options, call }))) return "inside";
  const { ifAbsent: once = false, onBytes } = options;
  const version = await repeatTransfer(
    (counted) => passThrough(source, target, { ...options, call, counted }),
    { ...call, once, onBytes },
  );
  if (remove) await source.on((store) => removeVersion(store, source.path, { version, call }));
  return "through";
}

/** Copies or moves inside the service; `false` when it cannot, and nothing was done. */
async function inside(
  source: NativePlace,
  target: NativePlace,
  options: NativeCopyOptions & { readonly remove: boolean; readonly call: CallOptions },
): Promise<boolean> {
  const { call, remove } = options;
  if (options.contentType !== undefined || options.storageClass !== undefined) return false;
  return await source.on(async (store) => {
    const moves = remove && store.move !== undefined;
    if (!moves && store.copy === undefined) return false;
    if (options.ifAbsent) await requireAbsent(store, target.path, call);
    if (moves) await store.move?.(source.path, target.path, call);
    else {
      const version = remove ? await store.stat(source.path, call) : undefined;
      await store.copy?.(source.path, target.path, call);
      if (version !== undefined) await removeVersion(store, source.path, { version, call });
    }
    return true;
  });
}

/** Removes what was copied, unless it is another version by now. */
async function removeVersion(
  store: Store,
  path: string,
  { version, call }: { readonly version: Version; readonly call: CallOptions },
): Promise<void> {
  if (!isSameVersion(version, await store.stat(path, call))) {
    const state = "it was changed while it was moved; it stays, and the target holds what it was before";
    const fault = { operation: "move", path, state, retry: "later" } as const;
    throw storeError(store.info, { kind: "ConditionFailed", ...fault });
  }
  await store.remove(path, call);
}

/** Copies the bytes by reading and writing them; gives what is known of the version that was read. */
async function passThrough(
  source: NativePlace,
  target: NativePlace,
  options: NativeCopyOptions & {
    readonly remove: boolean;
    readonly call: CallOptions;
    readonly counted: (stream: ByteStream) => ByteStream;
  },
): Promise<Version> {
  const { call, listed, ifAbsent, storageClass } = options;
  const from = await source.on((store) => store.capabilities);
  const to = await target.on((store) => store.capabilities);
  if (options.contentType !== undefined && !to.contentType) {
    throw await target.on(({ info }) => {
      const state = `service "${info.service}" keeps no content type`;
      return storeError(info, { kind: "Unsupported", operation: "write", path: target.path, state });
    });
  }
  const describes = (from.userMetadata && to.userMetadata) || (from.contentType && to.contentType);
  const stat = () => source.on((store) => store.stat(source.path, call));
  const known = listed?.size === undefined || listed.kind !== "file" || describes ? undefined : listed;
  let meta = known ?? (await stat());
  const stream = await source.on((store) => store.read(source.path, call));
  try {
    // The version that is removed later must be the one that was read.
    if (options.remove && stream.etag === undefined && known !== undefined) meta = await stat();
    const contentType = options.contentType ?? (to.contentType ? meta.contentType : undefined);
    await target.on((store) =>
      store.write(target.path, options.counted(stream), {
        ...call,
        ...(meta.size === undefined ? {} : { size: meta.size }),
        ...(contentType === undefined ? {} : { contentType }),
        ...(meta.contentDisposition === undefined || !to.contentDisposition
          ? {}
          : { contentDisposition: meta.contentDisposition }),
        ...(meta.metadata === undefined || !to.userMetadata ? {} : { metadata: meta.metadata }),
        ...(storageClass === undefined ? {} : { storageClass }),
        ...(ifAbsent ? { ifAbsent } : {}),
      }),
    );
  } catch (error) {
    await cancelStream(stream);
    throw error;
  }
  return { ...meta, ...(stream.etag === undefined ? {} : { etag: stream.etag }) };
}

type Version = Pick<ObjectMeta, "etag" | "size" | "modifiedAt">;

/** Whether all that is known of both agrees; times to the second, which is all that some answers tell. */
function isSameVersion(before: Version, now: Version): boolean {
  const seconds = ({ modifiedAt }: Version) =>
    modifiedAt === undefined ? undefined : Math.floor(modifiedAt.getTime() / 1000);
  const same = <T>(one: T | undefined, other: T | undefined) =>
    one === undefined || other === undefined || one === other;
  return same(before.etag, now.etag) && same(before.size, now.size) && same(seconds(before), seconds(now));
}

/** Throws `AlreadyExists` when something is at `path`. What comes there later is not seen. */
async function requireAbsent(store: Store, path: string, call: CallOptions): Promise<void> {
  try {
    await store.stat(path, call);
  } catch (error) {
    if (isKind(error, "NotFound")) return;
    throw error;
  }
  const state = "there is an object already";
  throw storeError(store.info, { kind: "AlreadyExists", operation: "write", path, state });
}
