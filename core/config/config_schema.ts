import * as z from "zod";
import { parseDuration } from "../bytes/duration.ts";

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

/** Every key of config.json with its default. A missing section or key means the default; an unknown one is refused. */
export const configSchema = z.strictObject({
  hubRPC: z.strictObject({ rootCA: z.string().default("") }).prefault({}),
  coordinatorRPC: z
    .strictObject({ address: address.default("127.0.0.1:5009"), rootCA: z.string().default("") })
    .prefault({}),
  logger: z
    .strictObject({
      output: z.enum(["stdout", "file"]).default("stdout"),
      outputFileName: z.string().default("client"),
      outputDirectory: z.string().default("log"),
      level: z.enum(["debug", "info", "warn", "error"]).default("debug"),
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
  connectivity: z.strictObject({ testInterval: count.default(300) }).prefault({}),
  downloader: z
    .strictObject({ maxStripCacheCount: count.default(100), ecStripPrefetchCount: count.default(1) })
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
    .transform((given) => ({ highLatencyHubMs: given.highLatencyHubMs ?? given.highLatencyHub ?? 35 }))
    .prefault({}),
  tickTock: z
    .strictObject({
      ecFileSizeThreshold: bytes.default(5_242_880),
      accessStatHistoryWeight: z.number().min(0).max(1).default(0.8),
    })
    .prefault({}),
  redundancy: z
    .strictObject({
      /** `now`: an object gets its scheme when it is stored. `defer`: it is stored once, and the nightly job does the rest. */
      onUpload: z.enum(["now", "defer"]).default("now"),
    })
    .prefault({}),
  http: z
    .strictObject({
      enabled: z.boolean().default(true),
      listen: address.default("127.0.0.1:7890"),
      rootCA: z.string().default(""),
      serverCert: z.string().default(""),
      serverKey: z.string().default(""),
      clientCerts: z.array(z.string()).default([]),
      maxBodySize: bytes.default(5_242_880),
    })
    .prefault({}),
  mount: z
    .strictObject({
      enabled: z.boolean().default(false),
      mountPoint: z.string().default(""),
      gid: count.default(0),
      uid: count.default(0),
      dataDir: z.string().default(""),
      metaDir: z.string().default(""),
      /** Bytes; 0 is no bound. */
      maxCacheSize: bytes.default(0),
      attrTimeout: duration.default("10s"),
      uploadPendingTime: duration.default("30s"),
      cacheActiveTime: duration.default("1m"),
      cacheExpireTime: duration.default("1m"),
      scanDataDirInterval: duration.default("10m"),
    })
    .prefault({}),
  accessToken: z
    .strictObject({ account: z.string().default(""), password: z.string().default("") })
    .prefault({}),
});

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The configuration of jcs, checked and complete. */
export type Config = Frozen<z.output<typeof configSchema>>;
