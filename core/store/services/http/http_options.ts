import { NETWORK_OPTIONS } from "../../http/network.ts";
import type { OptionValues } from "../../read_options.ts";
import type { ServiceOption } from "../../service.ts";

/** Everything that a connection string of the services `http` and `https` may say. */
export const HTTP_OPTIONS = [
  {
    key: "endpoint",
    type: "endpoint",
    help: "where the server listens; the host and port of the name unless given",
  },
  {
    key: "credential",
    type: "credential",
    help: "basic:USER:PASSWORD, apikey:TOKEN (a bearer token), file:/PATH of a file with USER:PASSWORD, or env (HTTP_TOKEN, or HTTP_USER and HTTP_PASSWORD); none unless given",
  },
  ...NETWORK_OPTIONS,
] as const satisfies readonly ServiceOption[];

/** The options of one connection, read. */
export type HttpOptions = OptionValues<typeof HTTP_OPTIONS>;
