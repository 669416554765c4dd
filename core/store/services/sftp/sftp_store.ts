import { within } from "../../../bytes/within.ts";
import { connectionPool } from "../../connection_pool.ts";
import type { Connection } from "../../connection_string.ts";
import { MARK_NAME, MARK_TEXT } from "../../files/reserved_names.ts";
import { hostAndPort } from "../../host_and_port.ts";
import { passList } from "../../listing.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { CallOptions, Store } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import type { SftpOptions } from "../sftp.ts";
import { hostCheck } from "./host_check.ts";
import { loginMethods } from "./login_methods.ts";
import { forgetAside } from "./sftp_aside.ts";
import { sftpCapabilities } from "./sftp_capabilities.ts";
import { changeSftp } from "./sftp_change.ts";
import { sftpContext } from "./sftp_context.ts";
import { copySftp } from "./sftp_copy.ts";
import { makeDirectories, parentOf } from "./sftp_directories.ts";
import { isMissing, makeLink } from "./sftp_links.ts";
import { listSftp } from "./sftp_list.ts";
import { kindOf } from "./sftp_meta.ts";
import { moveSftp } from "./sftp_move.ts";
import { readSftp } from "./sftp_read.ts";
import { explain, replaceFile } from "./sftp_replace.ts";
import { OPEN, requestsOf } from "./sftp_requests.ts";
import { type SftpCall, sftpRoot } from "./sftp_root.ts";
import { sendBody } from "./sftp_send.ts";
import { openSftpSession, type SftpSession, STATUS, statusOf } from "./sftp_session.ts";
import { statSftp } from "./sftp_stat.ts";

const IDLE_MS = 60_000;

/** How long closing a store waits for what is still under way. */
const CLOSE_WAIT_MS = 1000;

/** Calls wait for no place on a connection: how many there are at a time is the layers' business. */
const CALLS_MAX = Number.POSITIVE_INFINITY;

/** Opens a directory of a server. A server that does not answer yet shows at the first operation; what it can do beyond the usual
 *  (`copy`) is then not known, and not claimed. */
export async function openSftpStore(
  connection: Connection,
  options: SftpOptions & {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly prepared: boolean;
  },
): Promise<Store> {
  const { service, name, workDirectory, space } = connection;
  const info = { service, name, workDirectory, space };
  const server = hostAndPort(name, 22);
  if (server === undefined) {
    const state = "the name must be HOST or HOST:PORT, with an IPv6 address in brackets";
    throw storeError(info, { kind: "Usage", operation: "open", state });
  }
  const home = options.environment["HOME"];
  const check = () => hostCheck(info, { ...options, server, home });
  await check();
  const login = await loginMethods(info, options);
  const pool = connectionPool<SftpSession>({
    // Known hosts are read anew each time: the user may have added one.
    connect: async (signal) => await openSftpSession(info, { server, check: await check(), login, signal }),
    isUsable: (session) => session.isUsable(),
    end: (session) => session.end(),
    connectionsMax: Math.max(1, options.connections),
    callsMax: CALLS_MAX,
    idleMs: IDLE_MS,
  });
  const capabilities = await sftpCapabilities(pool);
  const root = sftpRoot(info, { pool, prepared: options.prepared, limits: capabilities });
  const context = sftpContext(root, options.sync);
  const callOf = (operation: string, path: string, { signal }: CallOptions = {}): SftpCall => {
    const call = { operation, path: root.normalize(path), signal };
    throwIfCancelled(info, call);
    return call;
  };

  return {
    info,
    native: capabilities,
    capabilities,
    async stat(path, options) {
      const call = callOf("stat", path, options);
      return await root.run(call, (session) => statSftp(root, session, call));
    },
    async read(path, options = {}) {
      return await readSftp(root, { ...options, path: callOf("read", path, options).path });
    },
    async write(path, content, options = {}) {
      const { size, ifAbsent = false, signal } = options;
      const call = { operation: "write", path: root.normalize(path), signal };
      const body = takeBody(content, { info, ...call, size });
      try {
        refuseUndeclared({ info, capabilities }, { ...options, ...call });
        return await withSession(call, (session) =>
          replaceFile(context, {
            ...call,
            session,
            ifAbsent,
            fill: (handle) => sendBody(session, { handle, body, offset: 0, wait: root.wait(call) }),
          }),
        );
      } finally {
        body.end();
      }
    },
    async append(path, content, { size, signal } = {}) {
      const call = { operation: "append", path: root.normalize(path), signal };
      const body = takeBody(content, { info, ...call, size });
      try {
        return await withSession(call, (session) => changeSftp(context, { ...call, session, body }));
      } finally {
        body.end();
      }
    },
    async writeAt(path, offset, bytes, options) {
      const call = callOf("writeAt", path, options);
      const body = takeBody(bytes, { info, ...call });
      await withSession(call, (session) => changeSftp(context, { ...call, session, body, offset }));
    },
    async remove(path, options) {
      const call = callOf("remove", path, options);
      await root.run(call, async (session) => {
        const requests = requestsOf(session, root.wait(call));
        const native = root.native(call.path);
        try {
          await forgetAside(root, session, call);
          await requests.remove(native);
        } catch (error) {
          // Nothing is claimed of a disk that is not there.
          if (isMissing(error)) return await root.require(session, call);
          const found = await requests.lstat(native).catch(() => undefined);
          if (found === undefined || kindOf(found) !== "directory") throw error;
          await requests.removeDirectory(native).catch((failure: unknown) => {
            if (statusOf(failure) !== STATUS.failure) throw failure;
            const { operation, path } = call;
            const state = "the directory is not empty";
            throw storeError(info, { operation, path, kind: "ConditionFailed", state, cause: failure });
          });
        }
        await context.syncDirectory(session, root.native(parentOf(call.path)));
      });
    },
    list: (prefix, options = {}) =>
      passList(() => ({
        inner: listSftp(root, { ...options, prefix: normalizePrefix(prefix, workDirectory) }),
      })),
    ...(capabilities.copy && {
      async copy(source: string, target: string, options?: CallOptions) {
        const from = callOf("copy", source, options);
        const to = callOf("copy", target, options);
        await withSession(to, (session) => copySftp(context, { ...to, session, source: from }));
      },
    }),
    async move(source, target, options) {
      const from = callOf("move", source, options);
      const to = callOf("move", target, options);
      await withSession(to, (session) => moveSftp(context, { ...to, session, source: from }));
    },
    async link(path, target, options) {
      const call = callOf("link", path, options);
      await withSession(call, (session) =>
        makeLink(context, { ...call, session, target: root.normalize(target) }),
      );
    },
    async makeDirectory(path, options) {
      const call = callOf("makeDirectory", path, options);
      await withSession(call, async (session) => {
        const found = await requestsOf(session, root.wait(call))
          .stat(root.native(call.path))
          .catch(() => undefined);
        if (found !== undefined && kindOf(found) !== "directory") {
          const { operation, path } = call;
          const state = "there is an object already";
          throw storeError(info, { operation, path, kind: "AlreadyExists", state });
        }
        const parents = await makeDirectories(root, { ...call, session });
        for (const parent of parents) await context.syncDirectory(session, parent);
      });
    },
    async prepare(options) {
      const call = { operation: "prepare", path: "", signal: options?.signal };
      // Now is the moment when the mark may be missing.
      const bare = sftpRoot(info, { pool, prepared: false, limits: capabilities });
      await bare.run(call, async (session) => {
        await bare.require(session, call);
        const requests = requestsOf(session, bare.wait(call));
        const native = bare.native(MARK_NAME);
        const found = await requests.lstat(native).catch(() => undefined);
        if (found !== undefined) return;
        const handle = await requests.open(native, OPEN.create);
        const body = takeBody(Buffer.from(MARK_TEXT), { info, ...call });
        await sendBody(session, { handle, body, offset: 0, wait: bare.wait(call) });
        if (session.extensions.has("fsync@openssh.com")) await requests.sync(handle);
        await requests.close(handle);
        await context.syncDirectory(session, bare.native(""));
      });
    },
    async close() {
      await within(Promise.allSettled(context.background), CLOSE_WAIT_MS);
      await pool.close();
    },
  };

  /** Runs a change with a session; what the server answers is explained by a look at the path. */
  async function withSession<T>(call: SftpCall, work: (session: SftpSession) => Promise<T>): Promise<T> {
    const lease = await root.take(call);
    try {
      return await work(lease.connection);
    } catch (error) {
      throw await explain(context, { ...call, session: lease.connection, cause: error });
    } finally {
      lease.release();
    }
  }
}
