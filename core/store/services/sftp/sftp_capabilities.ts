import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { ConnectionPool } from "../../connection_pool.ts";
import { temporaryName } from "../../files/reserved_names.ts";
import type { Capabilities } from "../../store.ts";
import type { SftpSession } from "./sftp_session.ts";

/** How long opening a store waits to learn what the server can do. */
const PROBE_WAIT_MS = 3000;

/** What a store on the server of `pool` can do. Asks the server; one that does not answer soon is taken for one that offers nothing beyond the usual. */
export async function sftpCapabilities(pool: ConnectionPool<SftpSession>): Promise<Capabilities> {
  const extensions = await extensionsOf(pool);
  return {
    ...NO_CAPABILITIES,
    readRange: true,
    writeUnknownSize: true,
    writeIfAbsent: true,
    caseSensitive: true,
    directories: true,
    copy: extensions.has("copy-data"),
    move: true,
    append: true,
    writeAt: true,
    link: true,
    pathBytesMax: 4095 - temporaryName().length,
    nameBytesMax: 255,
  };
}

async function extensionsOf(pool: ConnectionPool<SftpSession>): Promise<ReadonlySet<string>> {
  const signal = AbortSignal.timeout(PROBE_WAIT_MS);
  try {
    const lease = await pool.take({ signal, error: () => new Error("the server does not answer") });
    lease.release();
    return lease.connection.extensions;
  } catch {
    // The first operation will say what is wrong.
    return new Set();
  }
}
