import type { JcsError } from "../../../errors.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { Login } from "./login_methods.ts";

/** Longest that connecting and logging in may take. */
export const CONNECT_TIMEOUT_MS = 20_000;

/** The error of a connection that did not come about. */
export function connectError(
  info: StoreInfo,
  { error, login }: { readonly error: Error & { readonly level?: string }; readonly login: Login },
): JcsError {
  const fault = { operation: "open", cause: error };
  switch (error.level) {
    case "client-authentication": {
      const state = `the server refuses to log in user ${JSON.stringify(login.user)}; tried: ${login.tried}`;
      return storeError(info, { ...fault, kind: "PermissionDenied", state });
    }
    case "client-timeout": {
      const state = `no answer within ${CONNECT_TIMEOUT_MS / 1000} seconds`;
      return storeError(info, { ...fault, kind: "TimedOut", state, retry: "later" });
    }
    case "handshake":
      if (/no matching/i.test(error.message)) {
        const state = `the server has no algorithm in common with jcs: ${error.message}`;
        return storeError(info, { ...fault, kind: "Unsupported", state });
      }
      return storeError(info, { ...fault, kind: "Unreachable", state: error.message, retry: "later" });
    default:
      return storeError(info, { ...fault, kind: "Unreachable", state: stateOf(error), retry: "later" });
  }
}

function stateOf(error: Error): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "ECONNREFUSED") return "nobody answers at its port";
  if (code === "ENOTFOUND") return "there is no server of that name";
  return error.message;
}

/** The error of a server that ends the connection too early. */
export function lost(info: StoreInfo): JcsError {
  const state = "the server closed the connection before the log-in was complete";
  return storeError(info, { kind: "Unreachable", operation: "open", state, retry: "later" });
}

/** The error of a server that lets in and starts no SFTP. */
export function subsystemError(info: StoreInfo, cause: Error): JcsError {
  if (/open/i.test(cause.message)) {
    const state = "the server opens no more sessions";
    return storeError(info, { kind: "Throttled", operation: "open", state, retry: "later", cause });
  }
  const state = "the server offers no SFTP to this user";
  return storeError(info, { kind: "Unsupported", operation: "open", state, cause });
}
