import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `gdrive` may say. */
export const GDRIVE_OPTIONS = [
  {
    key: "credential",
    type: "credential",
    help: "file:/PATH or base64:CONTENT of an OAuth token as JSON (renewed in place where it is a file) or of a service account's or user's JSON key, apikey:TOKEN for an access token, or env (JCS_GDRIVE_TOKEN, or what Google's own tools read); unless given, env and Google's default credentials of this machine",
  },
  {
    key: "client_id",
    type: "string",
    help: "the app that an OAuth token was given to; client_id in the token unless given",
  },
  { key: "client_secret", type: "string", secret: true, help: "its secret, where it has one" },
  {
    key: "token_url",
    type: "string",
    help: "where OAuth tokens are renewed; Google's own server unless given",
  },
  {
    key: "impersonate",
    type: "string",
    help: "e-mail address of the user that a service account acts for (domain-wide delegation)",
  },
  {
    key: "drive",
    type: "string",
    help: "id of a shared drive; may stand as the name instead: gdrive://ID/folder",
  },
  {
    key: "root_folder_id",
    type: "string",
    help: "id of the folder that paths begin in, instead of the top of the drive",
  },
  {
    key: "use_trash",
    type: "boolean",
    default: "true",
    help: "move what is removed to the trash, where Google keeps it for 30 days; false deletes it for ever",
  },
  {
    key: "part_size",
    type: "bytes",
    default: "8MiB",
    help: "bytes that a large upload sends at a time; a multiple of 256KiB",
  },
  {
    key: "endpoint",
    type: "endpoint",
    default: "https:www.googleapis.com",
    help: "where the service listens",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type GdriveOptions = OptionValues<typeof GDRIVE_OPTIONS>;
