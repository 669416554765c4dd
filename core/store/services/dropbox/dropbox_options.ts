import { NETWORK_OPTIONS } from "../../http/network.ts";
import { OAUTH_OPTIONS } from "../../oauth/oauth_options.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `dropbox` may say. */
export const DROPBOX_OPTIONS = [
  ...OAUTH_OPTIONS,
  {
    key: "path_root",
    type: "string",
    help: "id of the namespace that paths begin in, for teams; the home of the user unless given",
  },
  {
    key: "part_size",
    type: "bytes",
    default: "8MiB",
    help: "bytes that a large upload sends at a time; a multiple of 4MiB up to 148MiB; up to this much an object goes in one request",
  },
  {
    key: "endpoint",
    type: "endpoint",
    default: "https:api.dropboxapi.com",
    help: "where the service listens",
  },
  {
    key: "content_endpoint",
    type: "endpoint",
    default: "https:content.dropboxapi.com",
    help: "where it takes and gives bytes",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type DropboxOptions = OptionValues<typeof DROPBOX_OPTIONS>;
