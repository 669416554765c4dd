import { cancelStream } from "../bytes/cancel_stream.ts";
import { JcsError, withPlace } from "../errors.ts";
import type { NativeAddress, NativeClient } from "../native_client.ts";
import { fetchThrough } from "../store/http/fetch_through.ts";
import { type Listing, passList } from "../store/listing.ts";
import { normalizePath } from "../store/normalize_path.ts";
import { requireOperation } from "../store/require_operation.ts";
import type { ListOptions, ObjectMeta, Store } from "../store/store.ts";
import { storeError } from "../store/store_error.ts";
import { copyNative, type NativePlace } from "./copy_native.ts";
import type { ObjectContext } from "./object_context.ts";
import { refuseOwn } from "./own_directory.ts";
import { ownPathsOf } from "./own_paths_of.ts";
import { refuseLinkedOwn } from "./refuse_linked_own.ts";
import { removeEmptyDirectories } from "./remove_empty_directories.ts";
import { signUpload } from "./sign_upload.ts";
import type { SpaceSecrets } from "./space_client.ts";

/** Works on the files of spaces that are none of jcs: see {@link NativeClient}. */
export function createNativeClient(
  { spaces, network }: Pick<ObjectContext, "spaces" | "network">,
  secrets: Pick<SpaceSecrets, "placeOf">,
): NativeClient {
  const open = async (space: string): Promise<Store> => {
    if ((await spaces.find(space)) === undefined) {
      const state = 'it is not configured. "jcs space ls" shows those that are';
      throw new JcsError("NotFound", `Cannot find space "${space}": ${state}`, { where: { space } });
    }
    return await spaces.open(space);
  };
  const on = async <T>(space: string, work: (store: Store) => T | Promise<T>): Promise<T> => {
    try {
      return await work(await open(space));
    } catch (error) {
      throw withPlace(error, { space });
    }
  };
  /** As `on`, for what changes a file: never one of jcs itself, however its path is spelled. */
  const change = <T>(at: NativeAddress, action: string, work: (store: Store) => T | Promise<T>): Promise<T> =>
    on(at.space, async (store) => {
      const path = normalizePath(at.path, store.info.workDirectory);
      refuseOwn({ ...at, path }, action, await ownPaths(at.space, store));
      await refuseLinkedOwn(store, { ...at, path }, action);
      return await work(store);
    });
  const placeOf = ({ space, path }: NativeAddress): NativePlace => ({
    space,
    path,
    on: (work) => on(space, work),
  });

  const places = new Map<string, Promise<string>>();
  const placeOfSpace = async (space: string): Promise<string> => {
    const found = places.get(space) ?? secrets.placeOf((await spaces.find(space))?.connection ?? space);
    places.set(space, found);
    return await found;
  };
  const owned = new Map<string, Promise<(path: string) => boolean>>();
  /** Tells what of a space belongs to jcs, for this space or for one that lies inside of it or around it. */
  const ownPaths = async (space: string, { info }: Store): Promise<(path: string) => boolean> => {
    const find = async () => {
      const others = (await spaces.list()).filter(({ name }) => name !== space);
      const places = await Promise.all(others.map(({ name }) => placeOfSpace(name)));
      return ownPathsOf({ place: await placeOfSpace(space), workDirectory: info.workDirectory }, places);
    };
    const found = owned.get(space) ?? find();
    owned.set(space, found);
    return await found;
  };
  /** Names the file itself, however the space it is on is called and however its path is spelled. */
  const identityOf = ({ space, path }: NativeAddress): Promise<string> =>
    on(space, async ({ info }) => (await placeOfSpace(space)) + normalizePath(path, info.workDirectory));
  /** A file that is moved onto itself would be removed, in the end. */
  const refuseSame = async (source: NativeAddress, target: NativeAddress): Promise<void> => {
    if ((await identityOf(source)) !== (await identityOf(target))) return;
    const name = JSON.stringify(`${source.space}:${source.path}`);
    throw new JcsError("Usage", `Cannot copy ${name}: source and target are the same`);
  };

  return {
    about: (space) =>
      on(space, async ({ info, capabilities, native }) => ({
        info,
        capabilities,
        native,
        place: await placeOfSpace(space),
      })),
    stat: (at, options) => on(at.space, (store) => store.stat(at.path, options)),
    read: (at, options) => on(at.space, (store) => store.read(at.path, options)),
    list: ({ space, path }, { withoutOwn = false, ...options } = {}) => {
      const begin = async () => {
        const store = await open(space);
        if (!withoutOwn) return store.list(path, options);
        const isOwn = await ownPaths(space, store);
        if (isOwn(path)) return store.list(path, options);
        if (path !== "") return except(isOwn, store.list(path, options));
        return listAround(isOwn, { store, options });
      };
      return passList(() => ({
        inner: begin(),
        wait: (next) =>
          next().catch((error: unknown) => {
            throw withPlace(error, { space });
          }),
      }));
    },
    async write(at, body, options = {}) {
      try {
        return await change(at, "write", async (store) => {
          if (options.contentType !== undefined && !store.capabilities.contentType) {
            const state = `service "${store.info.service}" keeps no content type`;
            throw storeError(store.info, { kind: "Unsupported", operation: "write", path: at.path, state });
          }
          return await store.write(at.path, body, options);
        });
      } catch (error) {
        // Also when the store never saw it; to end it twice does no harm.
        if (!(body instanceof Uint8Array)) await cancelStream(body);
        throw error;
      }
    },
    async remove(at, options) {
      await change(at, "remove", (store) => store.remove(at.path, options));
    },
    async removeDirectories(at, options) {
      await change(at, "remove", (store) => removeEmptyDirectories(store, at.path, options));
    },
    async copy(source, target, options = {}) {
      await change(target, "write", () => {});
      await refuseSame(source, target);
      return await copyNative(placeOf(source), placeOf(target), { ...options, remove: false });
    },
    async move(source, target, options = {}) {
      await change(source, "remove", () => {});
      await change(target, "write", () => {});
      await refuseSame(source, target);
      return await copyNative(placeOf(source), placeOf(target), { ...options, remove: true });
    },
    async fetch(at, url, options = {}) {
      return await change(at, "write", async (store) => {
        if (store.fetch !== undefined) {
          return { how: "inside", meta: await store.fetch(at.path, url, options) };
        }
        return { how: "through", meta: await fetchThrough(store, at.path, { ...options, url, network }) };
      });
    },
    async *signUpload(at, options) {
      await change(at, "write", () => {});
      try {
        yield* signUpload(await open(at.space), at.path, options);
      } catch (error) {
        throw withPlace(error, { space: at.space });
      }
    },
    async sign(operation, at, options) {
      const work = (store: Store) => requireOperation(store, "sign", at.path)(operation, at.path, options);
      return await (operation === "read" ? on(at.space, work) : change(at, operation, work));
    },
  };
}

/** A list without what `isOwn`. */
function except(isOwn: (path: string) => boolean, list: AsyncIterable<ObjectMeta>): Listing {
  return passList(() => ({ inner: list, keep: ({ path }) => !isOwn(path) }));
}

/** All of a space but what `isOwn`: the blocks may be many, they are not even listed. */
async function* listAround(
  isOwn: (path: string) => boolean,
  { store, options }: { readonly store: Store; readonly options: ListOptions },
): AsyncIterable<ObjectMeta> {
  for await (const entry of except(isOwn, store.list("", { ...options, delimited: true }))) {
    if (entry.kind !== "directory" || options.delimited === true) yield entry;
    else yield* except(isOwn, store.list(entry.path, options));
  }
}
