import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of service `ipfs` may say. */
export const IPFS_OPTIONS = [
  {
    key: "endpoint",
    type: "endpoint",
    default: "http:127.0.0.1:5001",
    help: "where the node's RPC API listens (Addresses.API of its configuration)",
  },
  {
    key: "credential",
    type: "credential",
    help: "for an API with API.Authorizations: basic:USER:PASSWORD, apikey:TOKEN (a bearer token), file:/PATH of a file with USER:PASSWORD, or env (IPFS_TOKEN, or IPFS_USER and IPFS_PASSWORD); none unless given",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type IpfsOptions = OptionValues<typeof IPFS_OPTIONS>;
