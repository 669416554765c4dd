import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Endpoint } from "../option_value.ts";
import { type AnswerHead, answerParser } from "./answer_parser.ts";
import { tlsState } from "./http_error.ts";
import type { HttpProxy } from "./proxy_for.ts";
import { RouteError } from "./route_error.ts";

/** Connects to a server, or to a proxy, by TLS where its protocol is https: over `socket` where one is given. Never waits. */
export function openSocket(
  { protocol, host, port }: Pick<Endpoint, "protocol" | "host" | "port">,
  { ca, socket }: { readonly ca?: string | undefined; readonly socket?: Socket | undefined },
): Socket | TLSSocket {
  const name = host.replace(/^\[|\]$/g, "");
  if (protocol === "http") return socket ?? connect({ host: name, port });
  return connectTls({
    host: name,
    port,
    ALPNProtocols: ["http/1.1"],
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(socket === undefined ? {} : { socket }),
  });
}

/** Lets a proxy connect to a server (CONNECT, RFC 9110, section 9.3.6). The socket carries what is sent to the server from then on.
 *
 *  Throws a {@link RouteError} that names the proxy and none of its credentials when it is not there within the time, or refuses; the reason of the signal when
 *  that is aborted. */
export async function openTunnel(
  proxy: HttpProxy,
  target: Pick<Endpoint, "host" | "port">,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Socket> {
  const { timeoutMs, signal } = options;
  signal.throwIfAborted();
  const place = `${target.host}:${target.port}`;
  const socket = openSocket(proxy, {});
  const { promise, resolve, reject } = Promise.withResolvers<AnswerHead>();
  const timer = setTimeout(() => reject(silent(proxy, "ETIMEDOUT")), timeoutMs);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const parser = answerParser({ isHead: true }, { head: resolve, body() {}, done() {} });
  const take = (bytes: Uint8Array) => {
    try {
      parser.push(bytes);
    } catch (error) {
      reject(silent(proxy, error instanceof Error ? error.name : "unknown"));
    }
  };
  const fail = (error: Error) => reject(silent(proxy, "code" in error ? String(error.code) : error.name));
  const over = () => reject(silent(proxy, "ECONNRESET"));
  socket.on("data", take);
  socket.on("error", fail);
  socket.on("end", over);
  socket.on("close", over);
  const authorization =
    proxy.authorization === undefined ? "" : `proxy-authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${place} HTTP/1.1\r\nhost: ${place}\r\nuser-agent: jcs\r\n${authorization}\r\n`);
  try {
    const { status } = await promise;
    if (status >= 300) throw refusedBy(proxy, status);
    // The server speaks after the client: nothing of it can have come yet.
    socket.off("data", take);
    socket.pause();
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    socket.off("end", over);
    socket.off("close", over);
  }
}

/** The failure that stands for a proxy's own refusal. */
export function refusedBy(proxy: HttpProxy, status: number): RouteError {
  const name = nameOf(proxy);
  if (status === 407) {
    const state =
      proxy.authorization === undefined ? "wants user and password" : "does not accept user and password";
    return new RouteError(
      "PermissionDenied",
      `proxy ${name} ${state} (status 407); they stand in its address in the environment`,
    );
  }
  const retry = status === 429 || status >= 500 ? "later" : "never";
  return new RouteError("Unreachable", `proxy ${name} does not connect to the server (status ${status})`, {
    retry,
  });
}

function silent(proxy: HttpProxy, code: string): RouteError {
  const tls = tlsState(code);
  return tls === undefined
    ? new RouteError("Unreachable", `no connection to proxy ${nameOf(proxy)} (${code})`, { retry: "later" })
    : new RouteError("Unreachable", `proxy ${nameOf(proxy)}: ${tls}`);
}

function nameOf({ protocol, host, port }: HttpProxy): string {
  return JSON.stringify(`${protocol}://${host}:${port}`);
}
