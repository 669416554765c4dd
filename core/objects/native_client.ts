import type { NativeAddress, NativeClient } from "../client.ts";
import { JcsError, withPlace } from "../errors.ts";
import { fetchThrough } from "../store/http/fetch_through.ts";
import { normalizePath } from "../store/normalize_path.ts";
import { requireOperation } from "../store/require_operation.ts";
import type { CallOptions, Store } from "../store/store.ts";
import type { ObjectContext } from "./object_context.ts";

/** The directory that belongs to jcs on every space. */
const OWN_DIRECTORY = "jcs";

/** Works on the files of spaces that are none of jcs: see {@link NativeClient}. */
export function createNativeClient({ spaces }: Pick<ObjectContext, "spaces">): NativeClient {
  const on = async <T>({ space }: NativeAddress, work: (store: Store) => Promise<T>): Promise<T> => {
    if ((await spaces.find(space)) === undefined) {
      const state = 'it is not configured. "jcs space ls" shows those that are';
      throw new JcsError("NotFound", `Cannot find space "${space}": ${state}`, { where: { space } });
    }
    try {
      return await work(await spaces.open(space));
    } catch (error) {
      throw withPlace(error, { space });
    }
  };
  const through = async (source: NativeAddress, target: NativeAddress, options: CallOptions) => {
    const meta = await on(source, (store) => store.stat(source.path, options));
    const stream = await on(source, (store) => store.read(source.path, options));
    await on(target, (store) => {
      const keeps = store.capabilities;
      return store.write(target.path, stream, {
        ...options,
        ...(meta.size === undefined ? {} : { size: meta.size }),
        ...(meta.contentType === undefined ? {} : { contentType: meta.contentType }),
        ...(meta.metadata === undefined || !keeps.userMetadata ? {} : { metadata: meta.metadata }),
      });
    });
  };
  const copy: NativeClient["copy"] = async (source, target, options = {}) => {
    refuseOwn(target, "write");
    refuseSame(source, target);
    if (source.space === target.space) {
      const done = await on(source, async (store) => {
        if (store.copy === undefined) return false;
        await store.copy(source.path, target.path, options);
        return true;
      });
      if (done) return "inside";
    }
    await through(source, target, options);
    return "through";
  };

  return {
    stat: (at, options) => on(at, (store) => store.stat(at.path, options)),
    read: (at, options) => on(at, (store) => store.read(at.path, options)),
    async *list(at, options) {
      try {
        yield* (await on(at, async (store) => store)).list(at.path, options);
      } catch (error) {
        throw withPlace(error, { space: at.space });
      }
    },
    async write(at, body, options) {
      refuseOwn(at, "write");
      return await on(at, (store) => store.write(at.path, body, options));
    },
    async remove(at, options) {
      refuseOwn(at, "remove");
      await on(at, (store) => store.remove(at.path, options));
    },
    copy,
    async move(source, target, options = {}) {
      refuseOwn(source, "remove");
      refuseOwn(target, "write");
      refuseSame(source, target);
      if (source.space === target.space) {
        const done = await on(source, async (store) => {
          if (store.move === undefined) return false;
          await store.move(source.path, target.path, options);
          return true;
        });
        if (done) return "inside";
      }
      const how = await copy(source, target, options);
      await on(source, (store) => store.remove(source.path, options));
      return how;
    },
    async fetch(at, url, options = {}) {
      refuseOwn(at, "write");
      return await on(at, async (store) => {
        if (store.fetch !== undefined) {
          return { how: "inside", meta: await store.fetch(at.path, url, options) };
        }
        return { how: "through", meta: await fetchThrough(store, at.path, { ...options, url }) };
      });
    },
    async sign(operation, at, options) {
      if (operation !== "read") refuseOwn(at, operation);
      return await on(at, (store) => requireOperation(store, "sign", at.path)(operation, at.path, options));
    },
  };
}

/** Throws `Usage` for a path below the directory of jcs: only jcs itself knows which blocks are needed. Letter case is ignored, since
 *  some services do. */
function refuseOwn({ space, path }: NativeAddress, action: string): void {
  // What is no path at all is refused by the store; an absolute path is only spelled differently.
  const [top = ""] = normalizePath(path.replace(/^[/\\]+/, ""), "/").split("/");
  if (top.toLowerCase() !== OWN_DIRECTORY) return;
  const name = JSON.stringify(`${space}:${path}`);
  throw new JcsError(
    "Usage",
    `Cannot ${action} ${name}: what lies below ${OWN_DIRECTORY}/ are the blocks of objects. Use bucket/package/path to change objects`,
    { where: { space, path } },
  );
}

function refuseSame(source: NativeAddress, target: NativeAddress): void {
  if (source.space !== target.space || source.path !== target.path) return;
  const name = JSON.stringify(`${source.space}:${source.path}`);
  throw new JcsError("Usage", `Cannot copy ${name}: source and target are the same`);
}
