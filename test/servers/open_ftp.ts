import { openStore } from "../../core/store/open_store.ts";
import { ftp, ftps } from "../../core/store/services/ftp.ts";
import type { Store } from "../../core/store/store.ts";
import type { Proftpd } from "./proftpd.ts";

/** Where a test's store lies. */
export interface FtpPlace {
  readonly server: Proftpd;
  /** The directory on the server. */
  readonly directory: string;
  /** A port in place of the server's own: that of a fault proxy. */
  readonly port?: number;
  readonly options?: Readonly<Record<string, string>>;
  readonly prepared?: boolean;
}

/** Opens a store on the test server without layers, so that every failure of the service shows. */
export function openFtp(place: FtpPlace): Promise<Store> {
  const { server, directory, port = server.port, options = {}, prepared = false } = place;
  const service = server.certificate === undefined ? ftp : ftps;
  return service.open(
    {
      service: service.name,
      name: `localhost:${port}`,
      workDirectory: `${directory}/`,
      options: new Map(Object.entries({ ...optionsOf(server), ...options })),
    },
    { environment: {}, prepared },
  );
}

/** Opens a store on the test server with the layers that all stores have. */
export function openLayeredFtp(server: Proftpd, directory: string): Promise<Store> {
  const service = server.certificate === undefined ? "ftp" : "ftps";
  const options = Object.entries(optionsOf(server)).map(([key, value]) => `${key}=${value}`);
  return openStore(`${service}://localhost:${server.port}${directory}?${options.join("&")}`, {
    environment: {},
  });
}

function optionsOf({ user, password, certificate }: Proftpd): Record<string, string> {
  const ca = certificate === undefined ? {} : { ca: certificate };
  return { credential: `basic:${user}:${password}`, ...ca };
}
