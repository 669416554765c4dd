import * as z from "zod";
import { parseDuration } from "../bytes/duration.ts";
import { DEFAULT_CONFIG } from "./default_config.ts";

/** A duration, kept as it is written. */
const duration = z.string().refine(isDuration, "expected a duration such as 30s, 1m or 1h30m");

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const address = z.string().regex(/^\S*:\d{1,5}$/, "expected host:port, for example 127.0.0.1:7890");

const {
  hubRPC,
  coordinatorRPC,
  logger,
  connectivity,
  downloader,
  downloadStrategy,
  tickTock,
  redundancy,
  http,
  mount,
  accessToken,
} = DEFAULT_CONFIG;

/** Every key of config.json with its default. A missing section or key means the default; an unknown one is refused. */
export const configSchema = z.strictObject({
  hubRPC: z.strictObject({ rootCA: z.string().default(hubRPC.rootCA) }).prefault({}),
  coordinatorRPC: z
    .strictObject({
      address: address.default(coordinatorRPC.address),
      rootCA: z.string().default(coordinatorRPC.rootCA),
    })
    .prefault({}),
  logger: z
    .strictObject({
      output: z.enum(["stdout", "file"]).default(logger.output),
      outputFileName: z.string().default(logger.outputFileName),
      outputDirectory: z.string().default(logger.outputDirectory),
      level: z.enum(["debug", "info", "warn", "error"]).default(logger.level),
    })
    .prefault({}),
  /** Absent: the embedded catalogue, `catalog.db` in $JCS_HOME. */
  db: z
    .strictObject({
      address: address.default("127.0.0.1:3306"),
      account: z.string().default("root"),
      password: z.string().default(""),
      databaseName: z.string().default("cloudream"),
    })
    .optional(),
  connectivity: z.strictObject({ testInterval: count.default(connectivity.testInterval) }).prefault({}),
  downloader: z
    .strictObject({
      maxStripCacheCount: count.default(downloader.maxStripCacheCount),
      ecStripPrefetchCount: count.default(downloader.ecStripPrefetchCount),
    })
    .prefault({}),
  downloadStrategy: z
    .strictObject({
      highLatencyHub: z.number().nonnegative().optional(),
      highLatencyHubMs: z.number().nonnegative().optional(),
    })
    .refine(
      ({ highLatencyHub: a, highLatencyHubMs: b }) => a === undefined || b === undefined || a === b,
      "highLatencyHub and highLatencyHubMs are two names of one setting and must not differ",
    )
    .transform((given) => ({
      highLatencyHubMs: given.highLatencyHubMs ?? given.highLatencyHub ?? downloadStrategy.highLatencyHubMs,
    }))
    .prefault({}),
  tickTock: z
    .strictObject({
      ecFileSizeThreshold: bytes.default(tickTock.ecFileSizeThreshold),
      accessStatHistoryWeight: z.number().min(0).max(1).default(tickTock.accessStatHistoryWeight),
    })
    .prefault({}),
  redundancy: z
    .strictObject({
      /** `now`: an object gets its scheme when it is stored. `defer`: it is stored once, and the nightly job does the rest. */
      onUpload: z.enum(["now", "defer"]).default(redundancy.onUpload),
    })
    .prefault({}),
  http: z
    .strictObject({
      enabled: z.boolean().default(http.enabled),
      listen: address.default(http.listen),
      rootCA: z.string().default(http.rootCA),
      serverCert: z.string().default(http.serverCert),
      serverKey: z.string().default(http.serverKey),
      clientCerts: z.array(z.string()).default([...http.clientCerts]),
      maxBodySize: bytes.default(http.maxBodySize),
    })
    .prefault({}),
  mount: z
    .strictObject({
      enabled: z.boolean().default(mount.enabled),
      mountPoint: z.string().default(mount.mountPoint),
      gid: count.default(mount.gid),
      uid: count.default(mount.uid),
      dataDir: z.string().default(mount.dataDir),
      metaDir: z.string().default(mount.metaDir),
      /** Bytes; 0 is no bound. */
      maxCacheSize: bytes.default(mount.maxCacheSize),
      attrTimeout: duration.default(mount.attrTimeout),
      uploadPendingTime: duration.default(mount.uploadPendingTime),
      cacheActiveTime: duration.default(mount.cacheActiveTime),
      cacheExpireTime: duration.default(mount.cacheExpireTime),
      scanDataDirInterval: duration.default(mount.scanDataDirInterval),
    })
    .prefault({}),
  accessToken: z
    .strictObject({
      account: z.string().default(accessToken.account),
      password: z.string().default(accessToken.password),
    })
    .prefault({}),
});

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The configuration of jcs, checked and complete. */
export type Config = Frozen<z.output<typeof configSchema>>;
