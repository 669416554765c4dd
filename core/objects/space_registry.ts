import type { Catalog, SpaceRecord } from "../catalog/catalog.ts";
import { JcsError } from "../errors.ts";
import { SUSPECT_MS } from "../limits.ts";
import type { Store } from "../store/store.ts";
import type { SpaceStores } from "../transfer/space_stores.ts";

/** The spaces of one client: recorded ones and those of this run, their stores opened when first used. */
export interface SpaceRegistry extends SpaceStores {
  /** All spaces; a temporary one hides a recorded one of the same name. */
  list(): Promise<readonly SpaceRecord[]>;
  find(name: string): Promise<SpaceRecord | undefined>;
  readonly temporary: ReadonlySet<string>;
  /** Remembers for a while that a space did not answer, so that others are tried first. */
  suspect(name: string): void;
  suspects(): ReadonlySet<string>;
  /** Forgets the opened store, after the space was changed or removed. */
  forget(name: string): Promise<void>;
  /** Closes every store. */
  close(): Promise<void>;
}

/** Options of {@link createSpaceRegistry}. */
export interface SpaceRegistryOptions {
  readonly catalog: Catalog;
  /** Spaces of this run only. */
  readonly temporary: readonly SpaceRecord[];
  /** Opens the store of a space, its secrets unsealed and with the default layers. `prepared`: it must bear the mark that adding the space
   *  left there, see {@link Store.prepare}. */
  openStore(space: SpaceRecord, options: { readonly prepared: boolean }): Promise<Store>;
  readonly now: () => number;
}

/** Makes the registry. Nothing is opened yet. */
export function createSpaceRegistry(options: SpaceRegistryOptions): SpaceRegistry {
  const { catalog, now } = options;
  const temporary = new Map(options.temporary.map((space) => [space.name, space]));
  const stores = new Map<string, Promise<Store>>();
  const suspectUntil = new Map<string, number>();

  async function find(name: string): Promise<SpaceRecord | undefined> {
    return temporary.get(name) ?? (await catalog.spaces.find(name));
  }

  async function open(name: string): Promise<Store> {
    const space = await find(name);
    if (!space)
      throw new JcsError(
        "Unreachable",
        `Cannot open space "${name}": it is not configured. Add it again with "jcs space add ${name} …"`,
        {
          where: { space: name },
        },
      );
    return options.openStore(space, { prepared: !temporary.has(name) });
  }

  return {
    temporary: new Set(temporary.keys()),
    find,
    async list() {
      const recorded = await catalog.spaces.list();
      return [...recorded.filter((space) => !temporary.has(space.name)), ...temporary.values()];
    },
    open(name) {
      let store = stores.get(name);
      if (!store) {
        store = open(name);
        stores.set(name, store);
        // A failure is not remembered: the next use tries again.
        store.catch(() => stores.delete(name));
      }
      return store;
    },
    suspect(name) {
      suspectUntil.set(name, now() + SUSPECT_MS);
    },
    suspects() {
      const time = now();
      return new Set([...suspectUntil].filter(([, until]) => until > time).map(([name]) => name));
    },
    async forget(name) {
      const store = stores.get(name);
      stores.delete(name);
      await (await store?.catch(() => undefined))?.close();
    },
    async close() {
      const opened = [...stores.values()];
      stores.clear();
      await Promise.all(opened.map(async (store) => (await store.catch(() => undefined))?.close()));
    },
  };
}
