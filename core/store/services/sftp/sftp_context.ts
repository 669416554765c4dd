import { directorySync } from "../../../local/directory_sync.ts";
import { isMissing } from "./sftp_links.ts";
import { OPEN, requestsOf } from "./sftp_requests.ts";
import type { SftpRoot } from "./sftp_root.ts";
import { type SftpSession, statusOf } from "./sftp_session.ts";

/** What changing a store needs besides its root. */
export interface SftpContext {
  readonly root: SftpRoot;
  /** Makes the names in a directory of the server durable. */
  syncDirectory(session: SftpSession, directory: string): Promise<void>;
  /** Whether files are made durable, where the server can. */
  readonly durable: boolean;
  /** Work that goes on after its operation; closing the store waits for it for a while. */
  readonly background: Set<Promise<unknown>>;
}

/** What changes of the store below `root` share. With `durable` directories are synced, as long as the server can. */
export function sftpContext(root: SftpRoot, durable: boolean): SftpContext {
  let last: SftpSession | undefined;
  let isSupported = true;
  const sync = directorySync({
    enabled: durable,
    async syncOne(directory) {
      const session = last;
      if (session === undefined || !isSupported || !session.extensions.has("fsync@openssh.com")) return;
      const requests = requestsOf(session);
      try {
        const handle = await requests.open(directory, OPEN.read);
        const [synced] = await Promise.allSettled([requests.sync(handle), requests.close(handle)]);
        if (synced.status === "rejected") throw synced.reason;
      } catch (error) {
        // A directory that was removed meanwhile has nothing to keep; a server that opens none can do no more.
        if (statusOf(error) === undefined) throw error;
        if (!isMissing(error)) isSupported = false;
      }
    },
  });
  return {
    root,
    durable,
    background: new Set(),
    async syncDirectory(session, call) {
      last = session;
      await sync.sync(call);
    },
  };
}
