import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Catalog } from "../../../core/catalog/catalog.ts";
import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import type { Client } from "../../../core/client.ts";
import { createLocalClient } from "../../../core/local_client.ts";
import { placeOfSpace } from "../../../core/objects/place_of_space.ts";
import { createSpacePermits } from "../../../core/objects/space_permits.ts";
import { createSpaceRegistry } from "../../../core/objects/space_registry.ts";
import { type Layer, withLayers } from "../../../core/store/layer.ts";
import { openStore } from "../../../core/store/open_store.ts";
import type { Store } from "../../../core/store/store.ts";
import { TRANSFER_TABLE } from "../../../core/transfer/ops/all.ts";
import { SPACE_STORES } from "../../../core/transfer/space_stores.ts";
import { createServices } from "../../../ioswitch/services.ts";

/** A client over memory spaces, and the ways to make them fail. */
export interface TestClient {
  readonly client: Client;
  readonly catalog: Catalog;
  readonly spaces: readonly string[];
  /** The bare store of a space, to break things in. */
  store(space: string): Promise<Store>;
  /** Puts a layer around a space from now on. */
  wrap(space: string, layer: Layer): void;
  close(): Promise<void>;
}

let clients = 0;

/** Makes a client with `count` memory spaces called `s0`, `s1`, …, each a failure domain of its own; with `directory` they are directories
 *  below it. */
export async function createTestClient(
  count: number,
  options: {
    readonly stallMs?: number;
    readonly thresholdBytes?: number;
    readonly places?: number;
    readonly directory?: string;
  } = {},
): Promise<TestClient> {
  const id = clients++;
  const catalog = await openSqliteCatalog({ file: ":memory:" });
  const names = Array.from({ length: count }, (_, i) => `s${i}`);
  const layers = new Map<string, Layer>();
  const { directory } = options;
  const connectionOf = (name: string) =>
    directory === undefined
      ? `memory://test-${id}-${name}?retries=0`
      : `fs://${directory}/${name}?retries=0&sync=false`;
  const open = (name: string) => openStore(connectionOf(name), { environment: {} });
  for (const name of names) {
    if (directory !== undefined) await mkdir(join(directory, name));
    await catalog.spaces.add({ name, connection: connectionOf(name), createdAt: new Date() });
  }
  const spaces = createSpaceRegistry({
    catalog,
    temporary: [],
    now: Date.now,
    async openStore({ name }) {
      const bare = await open(name);
      const layer: Layer = (inner) =>
        new Proxy(inner, { get: (_, key) => Reflect.get(layers.get(name)?.(inner) ?? inner, key) });
      return withLayers(bare, [layer]);
    },
  });
  const client = createLocalClient(
    {
      catalog,
      spaces,
      permits: createSpacePermits(async () => options.places ?? 16),
      table: TRANSFER_TABLE,
      services: createServices().with(SPACE_STORES, spaces),
      settings: {
        ecThresholdBytes: options.thresholdBytes ?? 0,
        onUpload: "now",
        leaseMs: 60_000,
        stallMs: options.stallMs ?? 500,
      },
      now: Date.now,
    },
    {
      open: ({ name }) => open(name),
      seal: async (connection) => connection,
      connectionKey: async (connection) => connection,
      forgetKept: async () => {},
      placeOf: async (connection) => placeOfSpace(connection, { environment: {} }),
    },
  );
  return {
    client,
    catalog,
    spaces: names,
    store: open,
    wrap: (space, layer) => void layers.set(space, layer),
    close: () => client.close(),
  };
}
