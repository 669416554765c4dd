import type { Catalog, SpaceRecord } from "../catalog/catalog.ts";
import { JcsError } from "../errors.ts";
import { SPACE_OPEN_MS, SPACE_SPEEDS_MS, SUSPECT_MS } from "../limits.ts";
import type { ProbeFinding } from "../store/probe/finding.ts";
import { type JudgedProbe, judgeProbe } from "../store/probe/judge_probe.ts";
import { type SpaceSpeed, spaceSpeed } from "../store/probe/space_speed.ts";
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
  /** What the recorded probe of a space is good for; `undefined` where there is none. */
  judgeProbe(space: SpaceRecord): Promise<JudgedProbe | undefined>;
  /** How quick the spaces are whose probes are still good, as of {@link SPACE_SPEEDS_MS} ago at the most. */
  speeds(): Promise<ReadonlyMap<string, SpaceSpeed>>;
  /** Opens a space as if it had never been probed, without a cache. The caller closes the store. */
  openUnmeasured(name: string): Promise<Store>;
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
  openStore(
    space: SpaceRecord,
    options: {
      readonly prepared: boolean;
      readonly findings: readonly ProbeFinding[];
      /** Whether reads may be answered by a cache. */
      readonly isCached: boolean;
    },
  ): Promise<Store>;
  /** Stands for a connection in the record of a probe; none is another than it was unless given. */
  readonly connectionKey?: (connection: string) => Promise<string>;
  readonly now: () => number;
  /** How long opening a store may take; {@link SPACE_OPEN_MS} unless given. */
  readonly openMs?: number;
}

/** Makes the registry. Nothing is opened yet. */
export function createSpaceRegistry(options: SpaceRegistryOptions): SpaceRegistry {
  const { catalog, now, openMs = SPACE_OPEN_MS } = options;
  const temporary = new Map(options.temporary.map((space) => [space.name, space]));
  /** Stores that are open, and those that are being opened: on a disk that hangs, that may never end. */
  const stores = new Map<string, Store>();
  const opening = new Map<string, Promise<Store>>();
  const suspectUntil = new Map<string, number>();
  let speeds: Promise<ReadonlyMap<string, SpaceSpeed>> | undefined;
  let speedsUntil = 0;

  async function find(name: string): Promise<SpaceRecord | undefined> {
    return temporary.get(name) ?? (await catalog.spaces.find(name));
  }

  async function judge(space: SpaceRecord): Promise<JudgedProbe | undefined> {
    if (space.probe === undefined) return undefined;
    const connection = (await options.connectionKey?.(space.connection)) ?? space.probe.connection ?? "";
    return judgeProbe(space.probe, { connection, nowMs: now() });
  }

  async function measureSpeeds(): Promise<ReadonlyMap<string, SpaceSpeed>> {
    const found = new Map<string, SpaceSpeed>();
    for (const space of await list()) {
      const speed = spaceSpeed((await judge(space))?.findings ?? []);
      if (speed !== undefined) found.set(space.name, speed);
    }
    return found;
  }

  async function list(): Promise<readonly SpaceRecord[]> {
    const recorded = await catalog.spaces.list();
    return [...recorded.filter((space) => !temporary.has(space.name)), ...temporary.values()];
  }

  async function open(name: string, { isMeasured = true } = {}): Promise<Store> {
    const space = await find(name);
    if (!space)
      throw new JcsError(
        "Unreachable",
        `Cannot open space "${name}": it is not configured. Add it again with "jcs space add ${name} …"`,
        {
          where: { space: name },
        },
      );
    const findings = isMeasured ? ((await judge(space))?.findings ?? []) : [];
    return options.openStore(space, { prepared: !temporary.has(name), findings, isCached: isMeasured });
  }

  /** Opens once for all who ask meanwhile. A failure is not remembered: the next use tries again. */
  function startOpening(name: string): Promise<Store> {
    const work = open(name);
    opening.set(name, work);
    work.then(
      (store) => {
        if (opening.get(name) === work) {
          opening.delete(name);
          stores.set(name, store);
        } else store.close().catch(() => undefined);
      },
      () => {
        if (opening.get(name) === work) opening.delete(name);
      },
    );
    return work;
  }

  /** What `work` gives, or `TimedOut`; the work goes on then, and who asks later waits for the same. */
  function inTime(work: Promise<Store>, name: string): Promise<Store> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `Cannot open space "${name}": no answer within ${openMs / 1000} seconds`;
        reject(new JcsError("TimedOut", message, { retry: "later", where: { space: name } }));
      }, openMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  return {
    temporary: new Set(temporary.keys()),
    find,
    list,
    judgeProbe: judge,
    async speeds() {
      if (speeds === undefined || now() >= speedsUntil) {
        speeds = measureSpeeds();
        speedsUntil = now() + SPACE_SPEEDS_MS;
        speeds.catch(() => {
          speedsUntil = 0;
        });
      }
      return speeds;
    },
    async openUnmeasured(name) {
      const work = open(name, { isMeasured: false });
      try {
        return await inTime(work, name);
      } catch (error) {
        // Whoever it was for has gone.
        work.then((store) => store.close()).catch(() => undefined);
        throw error;
      }
    },
    async open(name) {
      return stores.get(name) ?? (await inTime(opening.get(name) ?? startOpening(name), name));
    },
    suspect(name) {
      suspectUntil.set(name, now() + SUSPECT_MS);
    },
    suspects() {
      const time = now();
      return new Set([...suspectUntil].filter(([, until]) => until > time).map(([name]) => name));
    },
    async forget(name) {
      speeds = undefined;
      opening.delete(name);
      const store = stores.get(name);
      stores.delete(name);
      await store?.close();
    },
    async close() {
      const opened = [...stores.values()];
      stores.clear();
      // Nobody waits for those that are still being opened: they are closed as soon as they are open.
      opening.clear();
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}
