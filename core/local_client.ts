import { createHash } from "node:crypto";
import { join } from "node:path";
import { createServices } from "../ioswitch/services.ts";
import { closeHashers } from "./bytes/hasher.ts";
import type { SpaceRecord } from "./catalog/catalog.ts";
import { openSqliteCatalog } from "./catalog/open_sqlite_catalog.ts";
import type { Client } from "./client.ts";
import type { Config } from "./config/config_schema.ts";
import { JcsError } from "./errors.ts";
import { BLOCK_STALL_MS, GARBAGE_GRACE_MS, SPACE_CONCURRENCY_DEFAULT, UPLOAD_LEASE_MS } from "./limits.ts";
import { findObject } from "./objects/find_object.ts";
import { getObject } from "./objects/get_object.ts";
import { listObjects } from "./objects/list_objects.ts";
import { createNativeClient } from "./objects/native_client.ts";
import type { ObjectContext } from "./objects/object_context.ts";
import { placeOfSpace } from "./objects/place_of_space.ts";
import { planGet, planPut } from "./objects/plan_object.ts";
import { putObject } from "./objects/put_object.ts";
import { removeBucket, removePackage } from "./objects/remove_packages.ts";
import { createSpaceClient, type SpaceSecrets } from "./objects/space_client.ts";
import { createSpacePermits } from "./objects/space_permits.ts";
import { createSpaceRegistry } from "./objects/space_registry.ts";
import { temporarySpaces } from "./objects/temporary_spaces.ts";
import { isSealed, seal, unseal } from "./secrets/seal.ts";
import { openSecretKey, readSecretKey } from "./secrets/secret_key.ts";
import type { BandwidthTimetable } from "./store/bandwidth.ts";
import { mapSecrets, parseConnection, redact } from "./store/connection_string.ts";
import { readNetwork } from "./store/http/network.ts";
import { accountLimits } from "./store/layers/default_layers.ts";
import { LAYER_OPTIONS } from "./store/layers/layer_options.ts";
import { removeSpaceCache } from "./store/layers/space_cache.ts";
import { openStore } from "./store/open_store.ts";
import { readOptions } from "./store/read_options.ts";
import { createTraffic, type Traffic } from "./store/traffic.ts";
import { TRANSFER_TABLE } from "./transfer/ops/all.ts";
import { SPACE_STORES } from "./transfer/space_stores.ts";
import { collectGarbage } from "./upkeep/collect_garbage.ts";

/** What a client in this process is opened with. */
export interface LocalClientOptions {
  /** $JCS_HOME: holds the embedded catalogue and the secret key. */
  readonly home: string;
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Most bytes per second of all spaces together. */
  readonly bandwidth?: BandwidthTimetable;
  /** Told of every operation of every space. */
  readonly log?: Traffic["log"];
  /** Told what the user should know and nothing has failed for. */
  readonly onWarning: (message: string) => void;
}

/** Opens the catalogue in this process; spaces are opened when they are first used. The caller closes the client. */
export async function openLocalClient(options: LocalClientOptions): Promise<Client> {
  const { home, config, environment } = options;
  if (config.db)
    throw new JcsError(
      "Unsupported",
      'Cannot use the MySQL catalogue of section "db": this version has the embedded one only. Remove the section to use it',
      { where: { field: "db" } },
    );
  const catalog = await openSqliteCatalog({ file: join(home, "catalog.db") });
  const now = () => Date.now();
  const traffic = createTraffic({
    ...(options.bandwidth === undefined ? {} : { bandwidth: options.bandwidth }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  const layerOptionsOf = async (space: SpaceRecord | undefined) => {
    const connection = parseConnection(await unsealSecrets(space?.connection ?? "", home));
    return readOptions(LAYER_OPTIONS, { ...connection, environment });
  };
  /** Notes the limits of all spaces of an account before one of them is used: the lowest holds for all. */
  const noteLimits = async ({ name, account }: SpaceRecord) => {
    if (account === undefined) return;
    const others = (await spaces.list()).filter((other) => other.account === account && other.name !== name);
    for (const other of others) {
      await layerOptionsOf(other).then(
        (options) => traffic.limitsOf(other, accountLimits(options)),
        // What is wrong with the space shows when it is opened.
        () => {},
      );
    }
  };
  const open: SpaceSecrets["open"] = async (space, { prepared, findings, isCached }) => {
    await noteLimits(space);
    const connection = await unsealSecrets(space.connection, home);
    return openStore(connection, {
      environment,
      prepared,
      traffic,
      space,
      findings,
      ...(isCached ? { cacheHome: home } : {}),
    });
  };
  const placeOf = async (connection: string) =>
    placeOfSpace(await unsealSecrets(connection, home).catch(() => connection), { environment });
  const connectionKey = async (connection: string) =>
    createHash("sha256")
      .update(`${redact(connection)}\n${await placeOf(connection)}`)
      .digest("base64url");
  const temporary = temporarySpaces(environment, new Date(now()));
  const spaces = createSpaceRegistry({ catalog, temporary, openStore: open, connectionKey, now });
  const placesOf = async (name: string) => {
    try {
      return (await layerOptionsOf(await spaces.find(name))).concurrency;
    } catch {
      // What is wrong with the space shows when it is opened.
      return SPACE_CONCURRENCY_DEFAULT;
    }
  };
  const context: ObjectContext = {
    catalog,
    spaces,
    permits: createSpacePermits(placesOf),
    table: TRANSFER_TABLE,
    services: createServices().with(SPACE_STORES, spaces),
    settings: {
      ecThresholdBytes: config.tickTock.ecFileSizeThreshold,
      onUpload: config.redundancy.onUpload,
      leaseMs: UPLOAD_LEASE_MS,
      stallMs: BLOCK_STALL_MS,
    },
    network: readNetwork({}, { environment }),
    now,
  };
  const client = createLocalClient(context, {
    open,
    seal: (connection) => sealSecrets(connection, home),
    placeOf,
    connectionKey,
    async forgetKept({ name, connection: text }) {
      try {
        // Its secrets may be sealed: they say nothing of where it lies.
        const connection = parseConnection(text);
        const options = readOptions(LAYER_OPTIONS, { ...connection, environment });
        await removeSpaceCache(options, { name, connection, home });
      } catch {
        // A connection that nobody understands any more has no cache that anybody finds.
      }
    },
  });
  return { ...client, metrics: () => traffic.metrics.rows() };
}

/** The client over an opened catalogue and registry of spaces; `close` closes both. */
export function createLocalClient(context: ObjectContext, secrets: SpaceSecrets): Client {
  const { catalog, spaces } = context;
  const date = () => new Date(context.now());
  return {
    spaces: createSpaceClient(context, secrets),
    native: createNativeClient(context, secrets),
    buckets: {
      create: (name) => catalog.names.createBucket(name),
      list: () => catalog.names.listBuckets(),
      remove: (name, options) =>
        options?.recursive ? removeBucket(catalog, name, date) : catalog.names.removeBucket(name),
    },
    packages: {
      create: ({ bucket, package: name }) => catalog.names.createPackage(bucket, name),
      list: (bucket) => catalog.names.listPackages(bucket),
      remove: (address, options) =>
        options?.recursive
          ? removePackage(catalog, address, date)
          : catalog.names.removePackage(address.bucket, address.package),
      clone: (source, target) => catalog.names.clonePackage(source, target),
    },
    put: (request) => putObject(context, request),
    get: (request) => getObject(context, request),
    stat: (address) => findObject(catalog, address),
    list: (request) => listObjects(catalog, request),
    remove: (address) => catalog.objects.remove(address, date()),
    move: (source, target, options) =>
      catalog.objects.move(source, target, { replace: options?.replace ?? false, at: date() }),
    copy: (source, target, options) =>
      catalog.objects.copy(source, target, { replace: options?.replace ?? false, at: date() }),
    planPut: (request) => planPut(context, request),
    planGet: (request) => planGet(context, request),
    collectGarbage: ({ graceMs = GARBAGE_GRACE_MS, ...rest } = {}) =>
      collectGarbage(context, { graceMs, ...rest }),
    describe: (plan) => new Map(plan.ops.map((op) => [op.id, context.table.get(op.kind).describe(op)])),
    async close() {
      await Promise.all([spaces.close(), closeHashers()]);
      await catalog.close();
    },
  };
}

async function sealSecrets(connection: string, home: string): Promise<string> {
  let hasSecrets = false;
  mapSecrets(connection, (secret) => {
    hasSecrets = true;
    return secret;
  });
  if (!hasSecrets) return connection;
  const key = await openSecretKey(home);
  return mapSecrets(connection, (secret) => (isSealed(secret) ? secret : seal(secret, key)));
}

async function unsealSecrets(connection: string, home: string): Promise<string> {
  if (!connection.includes("sealed:")) return connection;
  const key = await readSecretKey(home);
  return mapSecrets(connection, (secret) => (isSealed(secret) ? unseal(secret, key) : secret));
}
