import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `azblob` may say. */
export const AZBLOB_OPTIONS = [
  {
    key: "endpoint",
    type: "endpoint",
    help: "where the service listens; https:ACCOUNT.blob.core.windows.net unless given",
  },
  { key: "account", type: "string", help: "the storage account; that of the credential unless given" },
  {
    key: "credential",
    type: "credential",
    help: "hmac:ACCOUNT:KEY, base64:SAS_TOKEN_IN_BASE64, file:/PATH of a file with a SAS token or a connection string of Azure, or env (AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN)",
  },
  { key: "anonymous", type: "boolean", default: "false", help: "send requests without a signature" },
  {
    key: "path_style",
    type: "boolean",
    help: "name the account in the path and not in the host; true for an endpoint that is an IP address or localhost",
  },
  {
    key: "access_tier",
    type: "string",
    help: "access tier of new objects: Hot, Cool, Cold or Archive; the account's unless given",
  },
  {
    key: "part_size",
    type: "bytes",
    default: "8MiB",
    help: "bytes of one block of a large upload",
  },
  {
    key: "part_concurrency",
    type: "integer",
    default: "4",
    help: "blocks of one upload on their way at the same time; each takes part_size of memory",
  },
  {
    key: "multipart_threshold",
    type: "bytes",
    default: "16MiB",
    help: "bodies up to this size go in one request and lie in memory meanwhile",
  },
  {
    key: "put_from_url",
    type: "boolean",
    default: "true",
    help: "false for a server that fetches no URLs, such as Azurite",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type AzblobOptions = OptionValues<typeof AZBLOB_OPTIONS>;
