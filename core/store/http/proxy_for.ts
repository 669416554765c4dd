import { BlockList, isIP } from "node:net";
import { JcsError } from "../../errors.ts";
import type { Endpoint } from "../option_value.ts";
import { percentDecode } from "./header_value.ts";

/** A server that passes on requests, or bytes, to others. */
export interface HttpProxy {
  readonly protocol: "http" | "https";
  /** An IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`, where the environment names a user. A secret. */
  readonly authorization?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PORTS = { http: 80, https: 443 } as const;

/** The proxy for a server, as curl and Go's programs read `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; lower case counts first. `undefined` for none, and always for
 *  this machine itself.
 *
 *  `NO_PROXY` lists, with commas or spaces between them, names (with all names below them, also written `.name` or `*.name`), addresses, networks such as
 *  `10.0.0.0/8`, each but those with `:PORT` where only one port is meant, or is `*`. Throws `Config` for a proxy that is no address of http or https;
 *  quotes nothing of it. */
export function proxyFor(endpoint: Endpoint, environment: Environment): HttpProxy | undefined {
  const variable = endpoint.protocol === "https" ? "HTTPS_PROXY" : "HTTP_PROXY";
  // A web server hands the header "Proxy" of its clients to programs that it runs as HTTP_PROXY.
  const isForeign = variable === "HTTP_PROXY" && environment["REQUEST_METHOD"] !== undefined;
  const text = environment[variable.toLowerCase()] || (isForeign ? undefined : environment[variable]);
  if (text === undefined || text.trim() === "") return undefined;
  const host = endpoint.host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isLoopback(host)) return undefined;
  const exceptions = environment["no_proxy"] || environment["NO_PROXY"] || "";
  for (const entry of exceptions.toLowerCase().split(/[\s,]+/)) {
    if (entry !== "" && isExcepted({ host, port: endpoint.port }, entry)) return undefined;
  }
  return parseProxy(text.trim(), variable);
}

function parseProxy(text: string, variable: string): HttpProxy {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const protocol = url?.protocol === "https:" ? "https" : "http";
  if (url === null || url.hostname === "" || url.protocol !== `${protocol}:`) {
    const state = `${variable} must be http://[USER:PASSWORD@]HOST[:PORT] or https://…`;
    throw new JcsError("Config", `Cannot use the proxy that the environment names: ${state}`);
  }
  const port = url.port === "" ? PORTS[protocol] : Number(url.port);
  const place = { protocol, host: url.hostname, port } as const;
  if (url.username === "" && url.password === "") return place;
  const user = `${percentDecode(url.username)}:${percentDecode(url.password)}`;
  return { ...place, authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}

function isExcepted(server: { readonly host: string; readonly port: number }, entry: string): boolean {
  if (entry === "*") return true;
  const { host } = server;
  const network = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(entry);
  if (network !== null) return isInNetwork(host, network[1] ?? "", Number(network[2]));
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && Number(port) !== server.port) return false;
  // An IPv6 address may stand without brackets where no port is meant.
  const name = bracketed ?? (isIP(entry) === 6 ? entry : plain);
  if (isIP(name) !== 0)
    return isIP(host) === isIP(name) && isInNetwork(host, name, isIP(name) === 4 ? 32 : 128);
  const suffix = name.replace(/^\*?\./, "").replace(/\.$/, "");
  if (suffix === "" || isIP(host) !== 0) return false;
  return host === suffix || host.endsWith(`.${suffix}`);
}

function isInNetwork(host: string, address: string, bits: number): boolean {
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, bits, type);
  return list.check(host, type);
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || isInNetwork(host, "127.0.0.0", 8) || host === "::1"
  );
}
