import { FTPError } from "basic-ftp";
import type { JcsError } from "../../../errors.ts";
import type { ConnectionPool, Lease } from "../../connection_pool.ts";
import { normalizeFilePath } from "../../files/normalize_file_path.ts";
import { MARK_NAME } from "../../files/reserved_names.ts";
import type { Capabilities, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type FtpConnection, FtpLost, type FtpWait } from "./ftp_connection.ts";
import { type FtpEntry, parseFacts, parseFtpTime } from "./ftp_facts.ts";
import { encodeFtpName, encodeFtpPath } from "./ftp_names.ts";

/** One operation on one path. */
export interface FtpCall {
  readonly operation: string;
  /** Normalised, relative to the work directory. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** The directory on the server that a store keeps its objects in. */
export interface FtpRoot {
  readonly info: StoreInfo;
  readonly isPrepared: boolean;
  /** The normalised path; `Usage` for what is no path, is too long, or is reserved for jcs's own files. */
  normalize(path: string): string;
  /** The server's path of a path of the store. */
  native(connection: FtpConnection, path: string): string;
  /** A connection for a stream of bytes that the server sends; to be released by the caller. */
  takeForReading(call: FtpCall): Promise<Lease<FtpConnection>>;
  /** Runs `work` with a connection. What the server answers comes out as an error of the store. */
  run<T>(call: FtpCall, work: (connection: FtpConnection) => Promise<T>): Promise<T>;
  /** What is at the path, or `undefined`. */
  look(connection: FtpConnection, call: FtpCall): Promise<FtpEntry | undefined>;
  /** Throws `Unreachable` unless the root is there and, for a prepared store, bears its mark. */
  require(connection: FtpConnection, call: FtpCall): Promise<void>;
  /** The error for something that is not there: `Unreachable` when the root has gone, else `NotFound`. */
  missing(connection: FtpConnection, call: FtpCall): Promise<JcsError>;
  /** What the server answered, or that it did not, as an error of the store; any other failure stays as it is. */
  fault(call: FtpCall, cause: unknown): unknown;
  wait(call: FtpCall): FtpWait;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The root that the work directory of `info` names; `/~` at its beginning is the directory that the user begins in.
 *
 *  Reads have connections of their own: a write whose body is a read of the same store never waits for itself. */
export function ftpRoot(
  info: StoreInfo,
  options: {
    readonly reads: ConnectionPool<FtpConnection>;
    readonly others: ConnectionPool<FtpConnection>;
    readonly prepared: boolean;
    readonly limits: Pick<Capabilities, "pathBytesMax" | "nameBytesMax">;
  },
): FtpRoot {
  const { reads, others, prepared, limits } = options;
  const shown = info.workDirectory.slice(0, -1) || "/";
  const take = async (pool: ConnectionPool<FtpConnection>, call: FtpCall) => {
    throwIfCancelled(info, { ...call, signal: call.signal });
    const { signal, cancelled } = root.wait(call);
    return await pool.take({ signal, error: cancelled });
  };
  /** What is at a path of the server. */
  const lookAt = async (
    connection: FtpConnection,
    native: string,
    call: FtpCall,
  ): Promise<FtpEntry | undefined> => {
    const wait = root.wait(call);
    try {
      if (connection.features.has("MLST")) {
        const { message } = await connection.command(`MLST ${native}`, wait);
        const lines = message.split(/\r?\n/).map((line) => line.trimStart().replace(/^250-/, ""));
        const facts = lines.find((line) => /^[^\s]*type=/i.test(line)) ?? "";
        return parseFacts(facts.replace(/type=[cp]dir;/i, "type=dir;"));
      }
      return await lookWithoutFacts(connection, native, wait);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  };
  const root: FtpRoot = {
    info,
    isPrepared: prepared,
    normalize: (path) =>
      normalizeFilePath(info, path, { ...limits, directory: info.workDirectory, spell: encodeFtpName }),
    native({ home }, path) {
      const { workDirectory } = info;
      const top = workDirectory.startsWith("/~/")
        ? `${home.replace(/\/$/, "")}/${encodeFtpPath(workDirectory.slice(3))}`
        : encodeFtpPath(workDirectory);
      if (path !== "") return top + encodeFtpPath(path);
      return top.length > 1 ? top.slice(0, -1) : top;
    },
    takeForReading: (call) => take(reads, call),
    async run(call, work) {
      const lease = await take(others, call);
      try {
        return await work(lease.connection);
      } catch (error) {
        throw root.fault(call, error);
      } finally {
        lease.release();
      }
    },
    look: (connection, call) => lookAt(connection, root.native(connection, call.path), call),
    async require(connection, call) {
      const top = root.native(connection, "");
      const native = prepared ? root.native(connection, MARK_NAME) : top;
      const found = await lookAt(connection, native, call).catch((error: unknown) => {
        throw root.fault(call, error);
      });
      if (prepared ? found !== undefined : found?.kind === "directory") return;
      const state = prepared
        ? `there is no ${MARK_NAME} in ${shown} of the server; is the disk mounted?`
        : `there is no directory ${shown} on the server; is the disk mounted?`;
      throw storeError(info, { ...call, kind: "Unreachable", state });
    },
    async missing(connection, call) {
      await root.require(connection, call);
      return storeError(info, { ...call, kind: "NotFound", state: "no such object" });
    },
    fault: (call, cause) =>
      cause instanceof FTPError || cause instanceof FtpLost ? ftpError(info, { ...call, cause }) : cause,
    wait: (call) => ({
      signal: call.signal,
      cancelled: () => {
        const cause = call.signal?.reason;
        return storeError(info, { ...call, kind: "Cancelled", state: "cancelled", cause });
      },
    }),
    async close() {
      await Promise.all([reads.close(), others.close()]);
    },
  };
  return root;
}

/** For servers without MLST: whoever can be entered is a directory, whoever has a size is a file. */
async function lookWithoutFacts(
  connection: FtpConnection,
  native: string,
  wait: FtpWait,
): Promise<FtpEntry | undefined> {
  try {
    await connection.command(`CWD ${native}`, wait);
    return { name: native, kind: "directory" };
  } catch (error) {
    if (!(error instanceof FTPError)) throw error;
  }
  const { message } = await connection.command(`SIZE ${native}`, wait);
  const size = Number(/^213\s+(\d+)/.exec(message)?.[1] ?? Number.NaN);
  const time = await connection.command(`MDTM ${native}`, wait).catch((error: unknown) => {
    if (error instanceof FTPError) return undefined;
    throw error;
  });
  const modifiedAt = time === undefined ? undefined : parseFtpTime(time.message.slice(4));
  return {
    name: native,
    kind: "file",
    ...(Number.isNaN(size) ? {} : { size }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
  };
}

/** What servers say with 450 of a path where there is nothing; a file that is busy has the same code. */
const NOTHING = /no such|not found|no files|not exist/i;

const DENIED = /permission|denied|not allowed|forbidden|not permitted/i;

/** Whether the server says that there is nothing at a path. */
export function isAbsence(error: unknown): boolean {
  if (!(error instanceof FTPError) || DENIED.test(error.message)) return false;
  return error.code === 550 || (error.code === 450 && NOTHING.test(error.message));
}

/** Whether the server itself said no, so that a look may tell why. */
export function isAnswer(error: unknown): error is FTPError {
  return error instanceof FTPError;
}

function ftpError(info: StoreInfo, call: FtpCall & { readonly cause: unknown }): JcsError {
  const { cause } = call;
  if (!(cause instanceof FTPError)) {
    const state = "the connection to the server was lost";
    return storeError(info, { ...call, kind: "Unreachable", state, retry: "later" });
  }
  const text = cause.message.replace(/^\d+[ -]/, "");
  const said = `the server says ${JSON.stringify(text)}`;
  switch (cause.code) {
    case 421:
      return storeError(info, { ...call, kind: "Throttled", state: said, retry: "later" });
    case 425:
    case 426:
    case 450:
    case 451:
      return storeError(info, { ...call, kind: "Unreachable", state: said, retry: "later" });
    case 452:
    case 552:
      return storeError(info, { ...call, kind: "NoSpace", state: "no space left on the server" });
    case 500:
    case 502:
    case 504:
      return storeError(info, { ...call, kind: "Unsupported", state: said });
    case 501:
    case 553:
      if (!DENIED.test(text)) return storeError(info, { ...call, kind: "Usage", state: said });
      return storeError(info, { ...call, kind: "PermissionDenied", state: said });
    case 530:
    case 532:
    case 550:
      if (/no space|quota/i.test(text)) return storeError(info, { ...call, kind: "NoSpace", state: said });
      if (cause.code !== 550 || DENIED.test(text)) {
        return storeError(info, { ...call, kind: "PermissionDenied", state: said });
      }
      return storeError(info, { ...call, kind: "Unexpected", state: said });
    default: {
      const retry = cause.code < 500 ? "later" : "never";
      return storeError(info, { ...call, kind: "Unexpected", state: said, retry });
    }
  }
}
