import { openStore } from "../../core/store/open_store.ts";
import { sftp } from "../../core/store/services/sftp.ts";
import type { Store } from "../../core/store/store.ts";
import type { Openssh } from "./openssh.ts";

/** Where a test's store lies. */
export interface SftpPlace {
  readonly server: Openssh;
  /** The directory on the server. */
  readonly directory: string;
  /** A port in place of the server's own: that of a fault proxy. */
  readonly port?: number;
  readonly options?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly prepared?: boolean;
}

/** Opens a store on the test server without layers, so that every failure of the service shows. */
export function openSftp(place: SftpPlace): Promise<Store> {
  const { server, directory, port, options = {}, environment = {}, prepared = false } = place;
  return sftp.open(
    {
      service: "sftp",
      name: `127.0.0.1:${port ?? server.port}`,
      workDirectory: `${directory}/`,
      options: new Map(
        Object.entries({
          user: server.user,
          credential: `file:${server.key}`,
          host_key: server.fingerprint,
          ...options,
        }),
      ),
    },
    { environment, prepared },
  );
}

/** The connection string of a directory of the test server. */
export function sftpConnection(server: Openssh, directory: string): string {
  const { port, user, key, fingerprint } = server;
  return `sftp://127.0.0.1:${port}${directory}?user=${user}&credential=file:${key}&host_key=${fingerprint}`;
}

/** Opens a store on the test server with the layers that all stores have. */
export function openLayeredSftp(server: Openssh, directory: string): Promise<Store> {
  return openStore(sftpConnection(server, directory), { environment: {} });
}
