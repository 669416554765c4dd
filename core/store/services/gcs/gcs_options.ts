import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `gcs` may say. */
export const GCS_OPTIONS = [
  {
    key: "credential",
    type: "credential",
    help: "file:/PATH or base64:CONTENT of a service account's or user's JSON key, apikey:TOKEN for an OAuth access token, or env (GOOGLE_OAUTH_ACCESS_TOKEN or GOOGLE_APPLICATION_CREDENTIALS); unless given, Google's default credentials of this machine",
  },
  { key: "anonymous", type: "boolean", default: "false", help: "send requests without a credential" },
  {
    key: "endpoint",
    type: "endpoint",
    default: "https:storage.googleapis.com",
    help: "where the service listens",
  },
  { key: "storage_class", type: "string", help: "storage class of new objects" },
  { key: "kms_key_name", type: "string", help: "key of the key management service for new objects" },
  { key: "user_project", type: "string", help: "project that pays for requests" },
  {
    key: "part_size",
    type: "bytes",
    default: "8MiB",
    help: "bytes that a large upload sends at a time; a multiple of 256KiB; up to this much an object goes in one request",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type GcsOptions = OptionValues<typeof GCS_OPTIONS>;
