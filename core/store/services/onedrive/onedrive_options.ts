import { NETWORK_OPTIONS } from "../../http/network.ts";
import { OAUTH_OPTIONS } from "../../oauth/oauth_options.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `onedrive` may say. */
export const ONEDRIVE_OPTIONS = [
  ...OAUTH_OPTIONS,
  {
    key: "drive",
    type: "string",
    help: "id of the drive: another user's, or a SharePoint library; one's own drive unless given",
  },
  {
    key: "tenant",
    type: "string",
    default: "common",
    help: "the organisation whose login server renews the token: its id, one of its domains, common, organizations or consumers",
  },
  {
    key: "endpoint",
    type: "endpoint",
    default: "https:graph.microsoft.com",
    help: "where Microsoft Graph listens; for national clouds, together with token_url",
  },
  {
    key: "part_size",
    type: "bytes",
    default: "10MiB",
    help: "bytes that a large upload sends at a time; a multiple of 320KiB, less than 60MiB",
  },
  {
    key: "verify",
    type: "boolean",
    default: "true",
    help: "compare what was stored with what was sent; SharePoint changes Office documents when it stores them, and false lets it",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type OnedriveOptions = OptionValues<typeof ONEDRIVE_OPTIONS>;
