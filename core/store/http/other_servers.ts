import { parseOptionValue } from "../option_value.ts";
import { type HttpClient, httpClient } from "./http_client.ts";
import type { Network } from "./network.ts";

/** Clients for servers that a service names in its answers, at addresses that are good without a credential. */
export interface OtherServers {
  /** The client for the server of `url`; `undefined` where nothing may be sent. */
  clientOf(url: URL): HttpClient | undefined;
  /** Ends all connections. */
  close(): void;
}

/** Keeps the connections of the `serversMax` servers that were used last. With `encrypted` only https is good enough. Connects to nobody. */
export function otherServers(options: {
  readonly serversMax: number;
  readonly encrypted: boolean;
  readonly network?: Network;
}): OtherServers {
  const clients = new Map<string, HttpClient>();
  return {
    clientOf(url) {
      const endpoint = parseOptionValue("endpoint", url.origin);
      if (endpoint === undefined || (options.encrypted && endpoint.protocol !== "https")) return undefined;
      const client = clients.get(url.origin) ?? httpClient(endpoint, { network: options.network });
      clients.delete(url.origin);
      clients.set(url.origin, client);
      // The one not used for longest is forgotten; what it still sends ends by itself.
      for (const origin of clients.keys()) if (clients.size > options.serversMax) clients.delete(origin);
      return client;
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
