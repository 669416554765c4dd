import type { ByteStream } from "../bytes/byte_stream.ts";
import { cancelStream } from "../bytes/cancel_stream.ts";
import { isKind } from "../errors.ts";
import type { NativeAddress, NativeCopyOptions } from "../native_client.ts";
import { normalizePath } from "../store/normalize_path.ts";
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
 *  A source that is moved through goes once the target is complete, and stays, with `ConditionFailed`, when it was changed meanwhile, or cannot be told
 *  from a target that was there before: two spaces may lead to one file. A link that is moved never replaces what it leads to (`Usage`). */
export async function copyNative(
  source: NativePlace,
  target: NativePlace,
  options: NativeCopyOptions & { readonly remove: boolean },
): Promise<"inside" | "through"> {
  const { remove, signal } = options;
  const call: CallOptions = signal === undefined ? {} : { signal };
  if (source.space === target.space && (await inside(source, target, { ...options, call }))) return "inside";
  const { ifAbsent: once = false, onBytes } = options;
  const wasThere = remove && !once && (await target.on((store) => isThere(store, target.path, call)));
  const version = await repeatTransfer(
    (counted) => passThrough(source, target, { ...options, call, counted }),
    { ...call, once, onBytes },
  );
  if (wasThere) await requireOther(source, target, call);
  if (remove) await source.on((store) => removeVersion(store, source.path, { version, call }));
  return "through";
}

/** Copies or moves inside the service; `false` when it cannot, or says that it cannot in this case, and nothing was done. */
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
    if (remove)
      await requireNoWayTo(store, { source: source.path, target: target.path, call, listed: options.listed });
    if (moves) await store.move?.(source.path, target.path, call);
    else {
      const version = remove ? await store.stat(source.path, call) : undefined;
      try {
        await store.copy?.(source.path, target.path, call);
      } catch (error) {
        if (isKind(error, "Unsupported")) return false;
        throw error;
      }
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

async function isThere(store: Store, path: string, call: CallOptions): Promise<boolean> {
  try {
    await store.stat(path, call);
    return true;
  } catch (error) {
    if (isKind(error, "NotFound")) return false;
    throw error;
  }
}

/** Throws `ConditionFailed` when the source has the size and, to the second, the time of the target that has just been written: it may be the same file,
 *  reached through another service. A little later, a source that is another file is older than its copy. */
async function requireOther(source: NativePlace, target: NativePlace, call: CallOptions): Promise<void> {
  const [from, to] = await Promise.all(
    [source, target].map((place) => place.on((store) => store.stat(place.path, call))),
  );
  if (from?.size !== to?.size || secondOf(from) !== secondOf(to)) return;
  const state = "it cannot be told from the target, which may be the same file; it stays. Try again";
  const fault = {
    kind: "ConditionFailed",
    operation: "move",
    path: source.path,
    state,
    retry: "later",
  } as const;
  throw await source.on(({ info }) => storeError(info, fault));
}

/** As many links as are followed on the way from one to a file. */
const LINKS_MAX = 40;

/** Throws `Usage` when `source` is a link that leads, maybe through others, to `target`: it would take the place of the bytes that it leads to. */
async function requireNoWayTo(
  store: Store,
  move: {
    readonly source: string;
    readonly target: string;
    readonly call: CallOptions;
    readonly listed: ObjectMeta | undefined;
  },
): Promise<void> {
  const { source, call, listed } = move;
  if (!store.capabilities.link || (listed !== undefined && listed.kind !== "link")) return;
  const target = normalizePath(move.target, store.info.workDirectory);
  let at = source;
  for (let followed = 0; followed < LINKS_MAX; followed++) {
    const { linkTarget } = await store.stat(at, call).catch((error: unknown) => {
      // A link that leads nowhere, or out of the space, leads to no target.
      if (followed > 0 && isKind(error, "NotFound", "Usage", "PermissionDenied"))
        return { linkTarget: undefined };
      throw error;
    });
    if (linkTarget === undefined) return;
    if (linkTarget === target) {
      const state = `it is a link that leads to the target, ${JSON.stringify(target)}`;
      throw storeError(store.info, { kind: "Usage", operation: "move", path: source, state });
    }
    at = linkTarget;
  }
}

type Version = Pick<ObjectMeta, "etag" | "size" | "modifiedAt">;

/** Whether all that is known of both agrees; times to the second, which is all that some answers tell. */
function isSameVersion(before: Version, now: Version): boolean {
  const same = <T>(one: T | undefined, other: T | undefined) =>
    one === undefined || other === undefined || one === other;
  return same(before.etag, now.etag) && same(before.size, now.size) && same(secondOf(before), secondOf(now));
}

function secondOf(version: Version | undefined): number | undefined {
  const { modifiedAt } = version ?? {};
  return modifiedAt === undefined ? undefined : Math.floor(modifiedAt.getTime() / 1000);
}

/** Throws `AlreadyExists` when something is at `path`. What comes there later is not seen. */
async function requireAbsent(store: Store, path: string, call: CallOptions): Promise<void> {
  if (!(await isThere(store, path, call))) return;
  const state = "there is an object already";
  throw storeError(store.info, { kind: "AlreadyExists", operation: "write", path, state });
}
