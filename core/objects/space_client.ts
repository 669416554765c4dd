import type { SpaceRecord } from "../catalog/catalog.ts";
import { validateName } from "../catalog/names.ts";
import type { SpaceClient, SpaceView } from "../client.ts";
import { JcsError, withPlace } from "../errors.ts";
import { redact } from "../store/connection_string.ts";
import type { ProbeFinding } from "../store/probe/finding.ts";
import { probeStore } from "../store/probe/probe_store.ts";
import type { ObjectContext } from "./object_context.ts";
import type { placeOfSpace } from "./place_of_space.ts";
import type { SpaceRegistryOptions } from "./space_registry.ts";
import { testSpace } from "./test_space.ts";

/** What managing spaces needs besides the context. */
export interface SpaceSecrets {
  /** The connection string with its literal secrets encrypted, for the catalogue. */
  seal(connection: string): Promise<string>;
  /** Where a connection leads to, see {@link placeOfSpace}; its secrets may be sealed. */
  placeOf(connection: string): Promise<string>;
  /** Stands for a connection in the record of a probe. */
  connectionKey(connection: string): Promise<string>;
  /** Removes what is kept of a space on local disks. Never fails: what stays is nobody's. */
  forgetKept(space: SpaceRecord): Promise<void>;
  /** Opens the store of a space that is not recorded yet. */
  readonly open: SpaceRegistryOptions["openStore"];
}

/** Adds, shows, tests and forgets spaces. */
export function createSpaceClient(context: ObjectContext, secrets: SpaceSecrets): SpaceClient {
  const { catalog, spaces, now } = context;

  async function find(name: string): Promise<SpaceRecord> {
    const space = await spaces.find(name);
    if (space) return space;
    throw new JcsError(
      "NotFound",
      `Cannot find space "${name}": it is not configured. "jcs space ls" shows those that are`,
      {
        where: { space: name },
      },
    );
  }

  /** The space that is at the same place, if there is one. */
  async function findTwin(connection: string): Promise<SpaceRecord | undefined> {
    const place = await secrets.placeOf(connection);
    for (const other of await spaces.list()) {
      if ((await secrets.placeOf(other.connection)) === place) return other;
    }
    return undefined;
  }

  async function view(space: SpaceRecord): Promise<SpaceView> {
    const { connection, createdAt: _, ...rest } = space;
    const usage = await catalog.spaces.usage(space.name);
    // Not parsed: the secrets are still sealed, and nobody needs them here.
    const [service = ""] = connection.split("://");
    const judged = await spaces.judgeProbe(space);
    return {
      ...rest,
      ...usage,
      service,
      connection: redact(connection),
      ...(judged === undefined || judged.findings ? {} : { probeIgnored: judged.ignored }),
      temporary: spaces.temporary.has(space.name),
    };
  }

  return {
    async add(wanted) {
      validateName("space", wanted.name);
      if (await catalog.spaces.find(wanted.name))
        throw new JcsError(
          "AlreadyExists",
          `Cannot add space "${wanted.name}": there is one with this name`,
          { where: { space: wanted.name } },
        );
      const record: SpaceRecord = { ...wanted, createdAt: new Date(now()) };
      const store = await secrets.open(record, { prepared: false, findings: [], isCached: false });
      try {
        await store.prepare?.();
        for await (const _ of store.list("jcs", { delimited: true })) break;
      } catch (error) {
        throw withPlace(error, { space: wanted.name });
      } finally {
        await store.close();
      }
      const twin = await findTwin(wanted.connection);
      if (twin)
        throw new JcsError(
          "AlreadyExists",
          `Cannot add space "${wanted.name}": it is the same place as space "${twin.name}", and both would be lost together. Give it a directory of its own`,
          { where: { space: wanted.name } },
        );
      await catalog.spaces.add({ ...record, connection: await secrets.seal(wanted.connection) });
    },
    async list() {
      return Promise.all((await spaces.list()).map(view));
    },
    async show(name) {
      return view(await find(name));
    },
    async remove(name, options) {
      const record = await catalog.spaces.find(name);
      await catalog.spaces.remove(name, options);
      await spaces.forget(name);
      if (record !== undefined) await secrets.forgetKept(record);
    },
    async *test(name, options) {
      await find(name);
      yield* testSpace(name, await spaces.open(name), options?.signal);
    },
    async *probe(name, options) {
      const { connection } = await find(name);
      const findings: ProbeFinding[] = [];
      const store = await spaces.openUnmeasured(name);
      try {
        for await (const finding of probeStore(store, options)) {
          findings.push(finding);
          yield finding;
        }
      } catch (error) {
        throw withPlace(error, { space: name });
      } finally {
        await store.close();
      }
      if (spaces.temporary.has(name)) return;
      await catalog.spaces.recordProbe(name, {
        probedAt: new Date(now()),
        connection: await secrets.connectionKey(connection),
        findings,
      });
    },
  };
}
