import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `hdfs` may say. */
export const HDFS_OPTIONS = [
  { key: "user", type: "string", help: "who to be, where the cluster takes one's word for it" },
  { key: "delegation", type: "string", secret: true, help: "delegation token of a secured cluster" },
  { key: "tls", type: "boolean", default: "false", help: "speak https" },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type HdfsOptions = OptionValues<typeof HDFS_OPTIONS>;
