import { within } from "../../../bytes/within.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import { connectionPool } from "../../connection_pool.ts";
import type { Connection } from "../../connection_string.ts";
import { MARK_NAME, MARK_TEXT, temporaryName } from "../../files/reserved_names.ts";
import { hostAndPort } from "../../host_and_port.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { CallOptions, Capabilities, Store } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import type { FtpOptions, FtpTlsOptions } from "../ftp.ts";
import { forgetAside, lookForObject } from "./ftp_aside.ts";
import type { FtpConnection } from "./ftp_connection.ts";
import { listFtp } from "./ftp_list.ts";
import { readFtp } from "./ftp_read.ts";
import { type FtpCall, ftpRoot, isAbsence, isAnswer } from "./ftp_root.ts";
import { appendFtp, makeFtpDirectories, metaOf, renameFtp, requireOther, writeFtp } from "./ftp_write.ts";
import { openFtpConnection } from "./open_ftp_connection.ts";

/** Servers end connections that are idle for some minutes; it is better to be first. */
const IDLE_MS = 30_000;

/** How long closing a store waits for what is still being tidied up. */
const CLOSE_WAIT_MS = 1000;

const LIMITS = {
  // A command is a line, and servers bound it.
  pathBytesMax: 1000 - temporaryName().length,
  nameBytesMax: 255,
};

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  caseSensitive: true,
  directories: true,
  move: true,
  append: true,
  ...LIMITS,
};

/** Opens a directory of an FTP server; with `tls` all connections are encrypted. Connects at the first operation. */
export async function openFtpStore(
  connection: Connection,
  options: FtpOptions & {
    readonly tls: Pick<FtpTlsOptions, "ca" | "insecure" | "implicit"> | undefined;
    readonly prepared: boolean;
  },
): Promise<Store> {
  const { service, name, workDirectory, space } = connection;
  const info = { service, name, workDirectory, space };
  const { credential, tls, prepared } = options;
  const server = hostAndPort(name, tls?.implicit === true ? 990 : 21);
  if (server === undefined) {
    const state = "the name must be HOST or HOST:PORT, with an IPv6 address in brackets";
    throw storeError(info, { kind: "Usage", operation: "open", state });
  }
  const pool = (connectionsMax: number) =>
    connectionPool<FtpConnection>({
      connect: (signal) => openFtpConnection(info, { server, credential, tls, signal }),
      isUsable: (one) => one.isUsable(),
      end: (one) => one.end(),
      connectionsMax: Math.max(1, connectionsMax),
      callsMax: 1,
      idleMs: IDLE_MS,
    });
  const reads = pool(Math.ceil(options.connections / 2));
  const others = pool(Math.floor(options.connections / 2));
  const root = ftpRoot(info, { reads, others, prepared, limits: LIMITS });
  const background = new Set<Promise<unknown>>();
  const callOf = (operation: string, path: string, { signal }: CallOptions = {}): FtpCall => {
    const call = { operation, path: root.normalize(path), signal };
    throwIfCancelled(info, call);
    return call;
  };

  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    async stat(path, options) {
      const call = callOf("stat", path, options);
      return await root.run(call, async (one) => {
        const found = await lookForObject(root, { ...call, connection: one });
        if (found === undefined || found.kind === "special") throw await root.missing(one, call);
        return metaOf(call.path, found);
      });
    },
    async read(path, options = {}) {
      return await readFtp(root, { ...options, path: callOf("read", path, options).path });
    },
    async write(path, content, options = {}) {
      const { size, ifAbsent = false, signal } = options;
      const call = { operation: "write", path: root.normalize(path), signal };
      const body = takeBody(content, { info, ...call, size });
      try {
        refuseUndeclared({ info, capabilities: CAPABILITIES }, { ...options, ...call });
        return await root.run(call, (one) =>
          writeFtp(root, { ...call, connection: one, body, ifAbsent, background }),
        );
      } finally {
        body.end();
      }
    },
    async append(path, content, { size, signal } = {}) {
      const call = { operation: "append", path: root.normalize(path), signal };
      const body = takeBody(content, { info, ...call, size });
      try {
        return await root.run(call, (one) => appendFtp(root, { ...call, connection: one, body }));
      } finally {
        body.end();
      }
    },
    async remove(path, options) {
      const call = callOf("remove", path, options);
      await root.run(call, async (one) => {
        const native = root.native(one, call.path);
        try {
          await forgetAside(root, { ...call, connection: one });
          await one.command(`DELE ${native}`, root.wait(call));
        } catch (error) {
          if (!isAnswer(error)) throw error;
          const found = await root.look(one, call);
          // Nothing is claimed of a disk that is not there.
          if (found === undefined) return await root.require(one, call);
          if (found.kind !== "directory") throw error;
          await one.command(`RMD ${native}`, root.wait(call)).catch((failure: unknown) => {
            if (!isAbsence(failure)) throw failure;
            const { operation, path } = call;
            const state = "the directory is not empty";
            throw storeError(info, { operation, path, kind: "ConditionFailed", state, cause: failure });
          });
        }
      });
    },
    async *list(prefix, options = {}) {
      yield* listFtp(root, { ...options, prefix: normalizePrefix(prefix, workDirectory) });
    },
    async move(source, target, options) {
      const from = callOf("move", source, options);
      const to = callOf("move", target, options);
      await root.run(to, async (one) => {
        const found = await lookForObject(root, { ...from, connection: one });
        if (found === undefined || found.kind === "directory") throw await root.missing(one, from);
        if (from.path === to.path) return;
        const parent = to.path.slice(0, Math.max(to.path.lastIndexOf("/"), 0));
        await makeFtpDirectories(root, { ...to, path: parent, connection: one });
        await requireOther(root, found, { ...to, connection: one });
        // What a crash has left of the source would come back in its place.
        await forgetAside(root, { ...from, connection: one });
        await renameFtp(root, { ...to, connection: one, source: from.path });
      });
    },
    async makeDirectory(path, options) {
      const call = callOf("makeDirectory", path, options);
      await root.run(call, async (one) => {
        const found = await root.look(one, call);
        if (found !== undefined && found.kind !== "directory") {
          const { operation, path } = call;
          const state = "there is an object already";
          throw storeError(info, { operation, path, kind: "AlreadyExists", state });
        }
        await makeFtpDirectories(root, { ...call, connection: one });
      });
    },
    async prepare(options) {
      const call = { operation: "prepare", path: "", signal: options?.signal };
      // Now is the moment when the mark may be missing.
      const bare = ftpRoot(info, { reads, others, prepared: false, limits: LIMITS });
      await bare.run(call, async (one) => {
        await bare.require(one, call);
        const mark = { ...call, path: MARK_NAME };
        if ((await bare.look(one, mark)) !== undefined) return;
        const body = takeBody(Buffer.from(MARK_TEXT), { info, ...call });
        const text = `STOR ${bare.native(one, MARK_NAME)}`;
        await one.upload(text, { ...bare.wait(call), next: body.next });
      });
    },
    async close() {
      await within(Promise.allSettled(background), CLOSE_WAIT_MS);
      await root.close();
    },
  };
}
