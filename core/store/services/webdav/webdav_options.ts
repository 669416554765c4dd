import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `webdav` may say. */
export const WEBDAV_OPTIONS = [
  { key: "endpoint", type: "endpoint", help: "where the server listens; https:HOST unless given" },
  {
    key: "credential",
    type: "credential",
    help: "basic:USER:PASSWORD, apikey:TOKEN (a bearer token), file:/PATH of a file with USER:PASSWORD, or env (WEBDAV_TOKEN, or WEBDAV_USER and WEBDAV_PASSWORD); none unless given",
  },
  {
    key: "atomic_put",
    type: "boolean",
    help: "whether the server itself replaces objects at once, as Apache, Nextcloud and ownCloud do; otherwise each is sent under a temporary name and renamed; found out unless given",
  },
  {
    key: "upload_directory",
    type: "string",
    help: "where a Nextcloud or ownCloud takes large uploads in chunks, for example /remote.php/dav/uploads/USER; without it each object is sent in one request",
  },
  {
    key: "part_size",
    type: "bytes",
    default: "16MiB",
    help: "bytes of one chunk of an upload in chunks; Nextcloud wants 5MiB or more",
  },
  {
    key: "part_concurrency",
    type: "integer",
    default: "2",
    help: "chunks of one upload on their way at the same time; each takes part_size of memory",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type WebdavOptions = OptionValues<typeof WEBDAV_OPTIONS>;
