import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect, type Socket } from "node:net";

/** A proxy on 127.0.0.1 as companies have them: CONNECT for tunnels, absolute addresses for plain requests. Whatever name it is given, it connects to 127.0.0.1. */
export interface ConnectProxy {
  readonly port: number;
  /** What was asked of it: `CONNECT name:port`, or the method and the address of a request. */
  readonly asked: readonly string[];
  /** Connections from clients that are open now. */
  openConnections(): number;
  close(): Promise<void>;
}

/** Starts it. With `login` (`USER:PASSWORD`) all others are refused by status 407; with `refuse` everybody is, by that status. */
export async function startConnectProxy(
  options: { readonly login?: string; readonly refuse?: number } = {},
): Promise<ConnectProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const wanted =
    options.login === undefined ? undefined : `Basic ${Buffer.from(options.login).toString("base64")}`;
  const refusalOf = (given: string | undefined) => {
    if (options.refuse !== undefined) return options.refuse;
    return wanted === undefined || given === wanted ? undefined : 407;
  };
  const server = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { "proxy-authorization": given, ...headers } = incoming.headers;
    const refusal = refusalOf(given);
    if (refusal !== undefined) return void answer.writeHead(refusal).end();
    const url = new URL(incoming.url ?? "");
    const { method } = incoming;
    const onward = request(
      { host: "127.0.0.1", port: url.port, path: url.pathname + url.search, method, headers },
      (found) => {
        answer.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(answer);
      },
    );
    onward.on("error", () => answer.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    client.on("error", () => {});
    const refusal = refusalOf(incoming.headers["proxy-authorization"]);
    if (refusal !== undefined)
      return void client.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
    const target = connect(Number(/\d+$/.exec(incoming.url ?? "")?.[0]), "127.0.0.1");
    target.on("error", () => client.destroy());
    target.on("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(target).pipe(client);
    });
    client.on("close", () => target.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    asked,
    openConnections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
