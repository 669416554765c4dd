import { formatDuration } from "../../bytes/duration.ts";
import {
  ATTEMPTS_MAX,
  OPERATION_TIMEOUT_MS,
  SPACE_CONCURRENCY_DEFAULT,
  STREAM_IDLE_TIMEOUT_MS,
} from "../../limits.ts";
import type { ServiceOption } from "../service.ts";

/** The options that every connection string may have, whatever the service: they set the layers around it. */
export const LAYER_OPTIONS = [
  {
    key: "retries",
    type: "integer",
    default: String(ATTEMPTS_MAX - 1),
    help: "how often an operation is tried again when the failure may pass; 0 for never",
  },
  {
    key: "timeout",
    type: "duration",
    default: formatDuration(OPERATION_TIMEOUT_MS),
    help: "longest wait for the answer to one operation, the time of its bytes aside; 0 for none",
  },
  {
    key: "idle_timeout",
    type: "duration",
    default: formatDuration(STREAM_IDLE_TIMEOUT_MS),
    help: "longest silence of a transfer that somebody is waiting for; 0 for none",
  },
  {
    key: "concurrency",
    type: "integer",
    default: String(SPACE_CONCURRENCY_DEFAULT),
    help: "most reads, and most other operations, at the same time; 0 for no limit",
  },
  {
    key: "adaptive",
    type: "boolean",
    default: "true",
    help: "find out how many operations at the same time are good for the service, up to concurrency",
  },
  {
    key: "bandwidth",
    type: "string",
    help: 'most bytes per second of all spaces of the account, such as 10MiB, 10MiB:1MiB (up:down) or "08:00,1MiB 20:00,off"; where its spaces name different ones, the lowest holds',
  },
  {
    key: "cache",
    type: "bytes",
    help: "keep so many bytes of what is read on a local disk, 16MiB or more; what changed, by its tag or else its size and time of change, is read anew; 0 for none",
  },
  {
    key: "cache_directory",
    type: "string",
    help: "where the cache lies; cache in $JCS_HOME unless given",
  },
  {
    key: "cache_ttl",
    type: "duration",
    default: "0s",
    help: "how long a cached file counts without asking whether it has changed; 0 to ask each time; blocks of jcs never change",
  },
  {
    key: "rate",
    type: "integer",
    default: "0",
    help: "most operations per second of all spaces of the account; 0 for no limit; where its spaces name different ones, the lowest holds",
  },
  {
    key: "virtual_directories",
    type: "boolean",
    default: "false",
    help: 'keep empty directories where the service has none, by an object ".jcs-directory" in each',
  },
  {
    key: "virtual_links",
    type: "boolean",
    default: "false",
    help: 'links where the service has none: the link "a" is an object "a.jcs-link"',
  },
  {
    key: "virtual_metadata",
    type: "boolean",
    default: "false",
    help: 'user metadata and content types where the service keeps none: those of "a" are in an object "a.jcs-metadata"',
  },
] as const satisfies readonly ServiceOption[];
