import { readFileSync } from "node:fs";
import { JcsError } from "../../errors.ts";
import type { Endpoint } from "../option_value.ts";
import type { OpenContext, ServiceOption } from "../service.ts";
import { type HttpProxy, proxyFor } from "./proxy_for.ts";

/** The options that every service over HTTPS has. */
export const NETWORK_OPTIONS = [
  {
    key: "ca",
    type: "string",
    help: "file with the certificates (PEM) that the server's is checked against, instead of those of the system",
  },
] as const satisfies readonly ServiceOption[];

/** The way to servers: whom to trust, and through whom requests go. */
export interface Network {
  /** Certificates of authorities (PEM), which alone are trusted; those of the system unless given. */
  readonly ca?: string;
  /** The proxy on the way to a server: see {@link proxyFor}. */
  proxyOf(endpoint: Endpoint): HttpProxy | undefined;
}

/** The network as the options of a connection and the environment describe it. Throws `Config` when the file of `ca` cannot be read or holds no certificate. */
export function readNetwork(
  options: { readonly ca?: string | undefined },
  { environment }: Pick<OpenContext, "environment">,
): Network {
  const { ca } = options;
  return {
    ...(ca === undefined ? {} : { ca: readAuthorities(ca) }),
    proxyOf: (endpoint) => proxyFor(endpoint, environment),
  };
}

/** A network without proxies, that trusts whom the system trusts. */
export const DIRECT: Network = { proxyOf: () => undefined };

function readAuthorities(file: string): string {
  const refuse = (state: string, cause?: unknown) =>
    new JcsError("Config", `Cannot read the certificates in ${JSON.stringify(file)}: ${state}`, { cause });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw refuse("the file of option ca cannot be read", error);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw refuse("it holds no certificate in the form of PEM");
  return text;
}
