import { JcsError } from "../../../errors.ts";
import type { ConnectionPool, Lease } from "../../connection_pool.ts";
import { normalizeFilePath } from "../../files/normalize_file_path.ts";
import { MARK_NAME } from "../../files/reserved_names.ts";
import type { Capabilities, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { NO_CONNECTION, type SftpSession, STATUS, statusOf } from "./sftp_session.ts";

/** One operation on one path. */
export interface SftpCall {
  readonly operation: string;
  /** Normalised, relative to the work directory. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** The directory on the server that a store keeps its objects in.
 *
 *  Symbolic links are the server's: it follows them wherever they lead. */
export interface SftpRoot {
  readonly info: StoreInfo;
  readonly pool: ConnectionPool<SftpSession>;
  /** The normalised path; `Usage` for what is no path, is too long, or is reserved for jcs's own files. */
  normalize(path: string): string;
  /** The server's path of a path of the store. */
  native(path: string): string;
  /** Runs `work` with a session. What the server answers comes out as an error of the store. */
  run<T>(call: SftpCall, work: (session: SftpSession) => Promise<T>): Promise<T>;
  /** A session for a stream; to be released by the caller. */
  take(call: SftpCall): Promise<Lease<SftpSession>>;
  /** Throws `Unreachable` unless the root is there and, for a prepared store, bears its mark. */
  require(session: SftpSession, call: SftpCall): Promise<void>;
  /** The error for something that is not there: `Unreachable` when the root has gone, else `NotFound`. */
  missing(session: SftpSession, call: SftpCall): Promise<JcsError>;
  /** A failure as an error of the store; one of ours stays as it is. */
  fault(call: SftpCall, cause: unknown): JcsError;
  /** What a wait for an answer of this call needs. */
  wait(call: SftpCall): { readonly signal?: AbortSignal | undefined; readonly cancelled: () => JcsError };
  readonly isPrepared: boolean;
}

/** The root that the work directory of `info` names; `/~` at its beginning is the home directory of the user. */
export function sftpRoot(
  info: StoreInfo,
  options: {
    readonly pool: ConnectionPool<SftpSession>;
    readonly prepared: boolean;
    readonly limits: Pick<Capabilities, "pathBytesMax" | "nameBytesMax">;
  },
): SftpRoot {
  const { pool, prepared, limits } = options;
  // Paths of the protocol that are not absolute begin in the home directory.
  const directory = info.workDirectory.startsWith("/~/")
    ? `.${info.workDirectory.slice(2)}`
    : info.workDirectory;
  const top = directory.length > 1 ? directory.slice(0, -1) : directory;
  const shown = info.workDirectory.slice(0, -1) || "/";
  const root: SftpRoot = {
    info,
    pool,
    isPrepared: prepared,
    normalize: (path) => normalizeFilePath(info, path, { ...limits, directory }),
    native: (path) => (path === "" ? top : directory + path),
    async run(call, work) {
      const lease = await root.take(call);
      try {
        return await work(lease.connection);
      } catch (error) {
        throw root.fault(call, error);
      } finally {
        lease.release();
      }
    },
    async take(call) {
      throwIfCancelled(info, { ...call, signal: call.signal });
      const { signal, cancelled } = root.wait(call);
      return await pool.take({ signal, error: cancelled });
    },
    async require(session, call) {
      const path = prepared ? directory + MARK_NAME : top;
      try {
        const found = await session.ask<{ isDirectory(): boolean }>(
          (done) => session.sftp.stat(path, done),
          root.wait(call),
        );
        if (prepared || found.isDirectory()) return;
      } catch (error) {
        if (statusOf(error) !== STATUS.noSuchFile) throw root.fault(call, error);
        const state = prepared
          ? `there is no ${MARK_NAME} in ${shown} of the server; is the disk mounted?`
          : `there is no directory ${shown} on the server; is the disk mounted?`;
        throw storeError(info, { ...call, kind: "Unreachable", state, cause: error });
      }
      const state = `${shown} on the server is not a directory`;
      throw storeError(info, { ...call, kind: "Unreachable", state });
    },
    async missing(session, call) {
      await root.require(session, call);
      return storeError(info, { ...call, kind: "NotFound", state: "no such object" });
    },
    fault(call, cause) {
      if (cause instanceof JcsError) return cause;
      return sftpError(info, { ...call, cause });
    },
    wait: (call) => ({
      signal: call.signal,
      cancelled: () =>
        storeError(info, {
          ...call,
          kind: "Cancelled",
          state: "cancelled",
          cause: call.signal?.reason,
        }),
    }),
  };
  return root;
}

/** What a status means where the operation itself has nothing better to say. */
const MEANINGS: Readonly<Record<number, Pick<JcsError, "kind"> & { readonly state: string }>> = {
  [STATUS.noSuchFile]: { kind: "NotFound", state: "no such object" },
  [STATUS.permissionDenied]: { kind: "PermissionDenied", state: "permission denied" },
  [STATUS.writeProtected]: { kind: "PermissionDenied", state: "the file system is read-only" },
  [STATUS.badMessage]: { kind: "Usage", state: "the server does not accept the name" },
  [STATUS.invalidName]: { kind: "Usage", state: "the server does not accept the name" },
  [STATUS.unsupported]: { kind: "Unsupported", state: "the server cannot do that" },
  [STATUS.fileAlreadyExists]: { kind: "AlreadyExists", state: "there is an object already" },
  [STATUS.noSpace]: { kind: "NoSpace", state: "no space left on the server" },
  [STATUS.quotaExceeded]: { kind: "NoSpace", state: "the quota is used up" },
  [STATUS.directoryNotEmpty]: { kind: "ConditionFailed", state: "the directory is not empty" },
  [STATUS.notADirectory]: {
    kind: "ConditionFailed",
    state: "an object is in the way where a directory is needed",
  },
  [STATUS.linkLoop]: { kind: "PermissionDenied", state: "too many symbolic links on the way" },
};

function sftpError(info: StoreInfo, call: SftpCall & { readonly cause: unknown }): JcsError {
  const status = statusOf(call.cause);
  const message = call.cause instanceof Error ? call.cause.message : String(call.cause);
  const meaning = status === undefined ? undefined : MEANINGS[status];
  if (meaning !== undefined) return storeError(info, { ...call, ...meaning });
  const isGone =
    status === STATUS.noConnection || status === STATUS.connectionLost || message === NO_CONNECTION;
  if (isGone) {
    const state = "the connection to the server was lost";
    return storeError(info, { ...call, kind: "Unreachable", state, retry: "later" });
  }
  const state = status === undefined ? message : `the server says ${JSON.stringify(message)}`;
  return storeError(info, { ...call, kind: "Unexpected", state });
}
