import ssh2, { type Client, type SFTPWrapper } from "ssh2";
import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import type { JcsError } from "../../../errors.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { CONNECT_TIMEOUT_MS, connectError, lost, subsystemError } from "./connect_error.ts";
import type { HostCheck } from "./host_check.ts";
import type { Login } from "./login_methods.ts";
import { freePassed, gatheringSocket } from "./ssh_memory.ts";

/** A server that has sent nothing for so long is asked whether it is there; after so many questions it counts as gone. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES_MAX = 3;

/** How long a connection may take to end properly before its socket is destroyed. */
const END_TIMEOUT_MS = 500;

/** Bytes of one request unless the server says how many it takes: what every server must take. */
const REQUEST_BYTES = 32 * 1024;
const REQUEST_BYTES_MAX = 255 * 1024;

/** One SFTP session on a connection of its own. Calls share it. */
export interface SftpSession {
  readonly sftp: SFTPWrapper;
  /** The protocol's extensions that the server offers. */
  readonly extensions: ReadonlySet<string>;
  /** Most bytes of one read or write. */
  readonly readBytesMax: number;
  readonly writeBytesMax: number;
  /** What the server answers to one request. Throws its status as {@link statusOf} tells it, {@link NO_CONNECTION} when the
   *  session ends first, and the signal's `error` when that is aborted first; the session then counts as hung until the answer comes. */
  ask<T>(
    send: (done: (error: Error | null | undefined, value: T) => void) => void,
    call?: SftpWait,
  ): Promise<T>;
  /** Counts the session as hung until `answers` are there: for requests that nobody waits for any more. */
  doubt(answers: Promise<unknown>): void;
  /** Whether it is open and answers. */
  isUsable(): boolean;
  /** Ends the session and closes its socket. */
  end(): Promise<void>;
}

/** What ends the wait for an answer. */
export interface SftpWait {
  readonly signal?: AbortSignal | undefined;
  readonly cancelled: () => Error;
}

/** Status codes of the protocol (draft-ietf-secsh-filexfer-02 §7, and those of later drafts that servers use). */
export const STATUS = {
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
  fileAlreadyExists: 11,
  writeProtected: 12,
  noSpace: 14,
  quotaExceeded: 15,
  directoryNotEmpty: 18,
  notADirectory: 19,
  invalidName: 20,
  linkLoop: 21,
} as const;

/** The status of the server's answer that an error is, or `undefined` for errors that come from elsewhere. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

/** Connects, checks the server's key, logs in and starts SFTP. */
export async function openSftpSession(
  info: StoreInfo,
  options: {
    readonly server: { readonly host: string; readonly port: number };
    readonly check: HostCheck;
    readonly login: Login;
    readonly signal: AbortSignal;
  },
): Promise<SftpSession> {
  const { server, check, login, signal } = options;
  const client = new ssh2.Client();
  const socket = gatheringSocket(server);
  let refusal: JcsError | undefined;
  let cipher = "";
  const methods = [...login.methods];
  try {
    const sftp = await unlessAborted(
      () =>
        new Promise<SFTPWrapper>((resolve, reject) => {
          client.on("error", (error) => {
            // An agent that cannot be asked is only one way less.
            if ("level" in error && error.level === "agent") return;
            reject(refusal ?? connectError(info, { error, login }));
          });
          client.on("close", () => reject(refusal ?? lost(info)));
          client.on("handshake", ({ sc }) => {
            cipher = sc.cipher;
          });
          client.on("ready", () => {
            client.setNoDelay(true);
            client.sftp((error, started) => {
              if (error === undefined || error === null) resolve(started);
              else reject(subsystemError(info, error));
            });
          });
          client.connect({
            sock: socket,
            username: login.user,
            readyTimeout: CONNECT_TIMEOUT_MS,
            keepaliveInterval: KEEPALIVE_MS,
            keepaliveCountMax: KEEPALIVES_MAX,
            ...(check.algorithms === undefined ? {} : { algorithms: { serverHostKey: check.algorithms } }),
            hostVerifier: (key: Buffer) => {
              refusal = check.refusal(key);
              return refusal === undefined;
            },
            authHandler: (_left, _partial, next) => {
              const method = methods.shift();
              // `false` ends the log-in; the types do not know it.
              next(method ?? (false as unknown as ssh2.AnyAuthMethod));
            },
          });
        }),
      {
        signal,
        error: () => storeError(info, { kind: "Cancelled", operation: "open", state: "cancelled" }),
      },
    );
    freePassed(sftp, socket, cipher);
    return sessionOf(client, sftp);
  } catch (error) {
    client.on("error", () => {});
    client.destroy();
    throw error;
  }
}

/** What the library knows of the server and does not show. */
interface Negotiated {
  readonly _extensions?: Readonly<Record<string, string>>;
  readonly _maxReadLen?: number;
  readonly _maxWriteLen?: number;
}

function sessionOf(client: Client, sftp: SFTPWrapper): SftpSession {
  const negotiated = sftp as unknown as Negotiated;
  let isOpen = true;
  /** Requests that nobody waits for any more and that are not answered. */
  let unanswered = 0;
  const closed = new Promise<void>((resolve) => {
    client.on("close", resolve);
  });
  const closing = () => {
    isOpen = false;
  };
  client.on("end", closing);
  client.on("close", closing);
  sftp.on("end", closing);
  sftp.on("close", closing);
  client.on("error", closing);
  sftp.on("error", () => {
    // What the server says makes no sense: nothing that follows would.
    closing();
    client.destroy();
  });
  const doubt = (answers: Promise<unknown>) => {
    unanswered += 1;
    const answered = () => {
      unanswered -= 1;
    };
    answers.then(answered, answered);
  };
  // Never more than the library takes at once: it would look at the rest of a buffer when that is somebody else's.
  const clamp = (bytes: number | undefined) =>
    Math.max(1, Math.min(bytes ?? REQUEST_BYTES, REQUEST_BYTES_MAX));
  return {
    sftp,
    extensions: new Set(Object.keys(negotiated._extensions ?? {})),
    readBytesMax: clamp(negotiated._maxReadLen),
    writeBytesMax: clamp(negotiated._maxWriteLen),
    async ask<T>(
      send: (done: (error: Error | null | undefined, value: T) => void) => void,
      call?: SftpWait,
    ): Promise<T> {
      let isAnswered = false;
      const answer = () =>
        new Promise<T>((resolve, reject) => {
          if (!isOpen) return reject(new Error(NO_CONNECTION));
          send((error, value) => {
            isAnswered = true;
            if (error !== undefined && error !== null) reject(error);
            // A handle is a view of what came, which is freed as soon as it has passed.
            else resolve(Buffer.isBuffer(value) ? (Buffer.from(value) as T & Buffer) : value);
          });
        });
      if (call?.signal === undefined) return await answer();
      const { signal, cancelled } = call;
      let answering: Promise<T> | undefined;
      try {
        return await unlessAborted(
          () => {
            answering = answer();
            return answering;
          },
          { signal, error: cancelled },
        );
      } catch (error) {
        if (answering !== undefined && !isAnswered && signal.aborted) doubt(answering);
        throw error;
      }
    },
    doubt,
    isUsable: () => isOpen && unanswered === 0,
    async end() {
      isOpen = false;
      client.end();
      const timer = setTimeout(() => client.destroy(), END_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** The message of the error of a request that the end of the session left without an answer; the library's own words. */
export const NO_CONNECTION = "No response from server";
