import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Client, FTPError } from "basic-ftp";
import { unlessAborted } from "../../../bytes/unless_aborted.ts";
import { JcsError } from "../../../errors.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { FtpOptions, FtpTlsOptions } from "../ftp.ts";
import { type FtpConnection, ftpConnection } from "./ftp_connection.ts";
import { readWholeLines } from "./ftp_lines.ts";

/** Longest that connecting and logging in may take. */
const CONNECT_TIMEOUT_MS = 20_000;

/** Who logs in where nobody is named (RFC 1635). */
const ANONYMOUS = { user: "anonymous", password: "anonymous@" };

/** Connects, starts TLS where it is wanted and checks the server's certificate, and logs in. */
export async function openFtpConnection(
  info: StoreInfo,
  options: {
    readonly server: { readonly host: string; readonly port: number };
    readonly credential: FtpOptions["credential"];
    readonly tls: Pick<FtpTlsOptions, "ca" | "insecure" | "implicit"> | undefined;
    readonly signal: AbortSignal;
  },
): Promise<FtpConnection> {
  const { server, credential, tls, signal } = options;
  if (credential !== undefined && credential.kind !== "basic") {
    const state = 'option "credential" must be basic:USER:PASSWORD';
    throw storeError(info, { kind: "Usage", operation: "open", state });
  }
  const { user, password } = credential ?? ANONYMOUS;
  const secureOptions = tls === undefined ? {} : await tlsOptions(info, { ...tls, host: server.host });
  // Every wait has its own end: the pool's, the layers', or that of CONNECT_TIMEOUT_MS.
  const client = new Client(0);
  readWholeLines(client.ftp);
  const limit = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  try {
    return await unlessAborted(
      async () => {
        await client.access({
          ...server,
          user,
          password,
          ...(tls === undefined ? {} : { secure: tls.implicit ? "implicit" : true, secureOptions }),
        });
        const features = new Set(Array.from((await client.features()).keys(), (name) => name.toUpperCase()));
        return ftpConnection(client, { features, home: await client.pwd() });
      },
      {
        signal: AbortSignal.any([signal, limit]),
        error: () => {
          if (signal.aborted) {
            return storeError(info, { kind: "Cancelled", operation: "open", state: "cancelled" });
          }
          const state = `no answer within ${CONNECT_TIMEOUT_MS / 1000} seconds`;
          return storeError(info, { kind: "TimedOut", operation: "open", state, retry: "later" });
        },
      },
    );
  } catch (error) {
    client.close();
    throw connectError(info, error, user);
  }
}

async function tlsOptions(
  info: StoreInfo,
  { ca, insecure, host }: Pick<FtpTlsOptions, "ca" | "insecure"> & { readonly host: string },
): Promise<ConnectionOptions> {
  const certificates =
    ca === undefined
      ? undefined
      : await readFile(ca, "utf8").catch((cause: unknown) => {
          const state = `cannot read the certificates in ${ca}`;
          throw storeError(info, { kind: "Config", operation: "open", state, cause });
        });
  return {
    host,
    rejectUnauthorized: !insecure,
    minVersion: "TLSv1.2",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(certificates === undefined ? {} : { ca: certificates }),
  };
}

function connectError(info: StoreInfo, error: unknown, user: string): JcsError {
  if (error instanceof JcsError) return error;
  const fault = { operation: "open", cause: error };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof FTPError) {
    const text = message.replace(/^\d+[ -]/, "");
    if (error.code === 421 || /too many|maximum|limit/i.test(text)) {
      const state = `the server takes no more connections: ${text}`;
      return storeError(info, { ...fault, kind: "Throttled", state, retry: "later" });
    }
    if (/TLS|SSL/i.test(text)) {
      const state = `the server says ${JSON.stringify(text)}${info.service === "ftp" ? "; use ftps://" : ""}`;
      return storeError(info, { ...fault, kind: "Unsupported", state });
    }
    if (error.code === 530 || error.code === 430) {
      const state = `the server refuses to log in user ${JSON.stringify(user)}`;
      return storeError(info, { ...fault, kind: "PermissionDenied", state });
    }
    const retry = error.code < 500 ? "later" : "never";
    const state = `the server says ${JSON.stringify(text)}`;
    return storeError(info, { ...fault, kind: "Unreachable", state, retry });
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|certificate/i.test(`${code} ${message}`)) {
    const state =
      `the server's certificate is not accepted: ${message || code}. ` +
      "If it is the right server, give the certificate of its authority as ca=FILE";
    return storeError(info, { ...fault, kind: "PermissionDenied", state });
  }
  const state =
    code === "ECONNREFUSED"
      ? "nobody answers at its port"
      : /WRONG_VERSION|wrong version number/i.test(`${code} ${message}`)
        ? "what answers at its port speaks no TLS"
        : message;
  return storeError(info, { ...fault, kind: "Unreachable", state, retry: "later" });
}
