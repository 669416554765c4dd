import { connect, createServer, type Server, type Socket } from "node:net";

/** What goes wrong with a connection. `afterBytes` counts the bytes from the server to the client on one connection since the fault
 *  was set, HTTP headers included.
 *  `refuse`: nobody listens. `reset`: the connection is reset. `truncate`: it is closed properly, but too early. `hang`: nothing
 *  more comes, and the connection stays open. `trickle`: at most `bytes` every `everyMs`. */
export type Fault =
  | { readonly kind: "none" }
  | { readonly kind: "refuse" }
  | { readonly kind: "reset" | "truncate" | "hang"; readonly afterBytes: number }
  | { readonly kind: "trickle"; readonly bytes: number; readonly everyMs: number };

/** A TCP proxy on 127.0.0.1 that can be told to misbehave. */
export interface FaultProxy {
  readonly port: number;
  /** Changes the fault for connections open and to come. With `times` it strikes that often and then heals. */
  set(fault: Fault, options?: { readonly times?: number }): Promise<void>;
  /** Connections from clients that are open now. */
  openConnections(): number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts a proxy to `targetPort` on 127.0.0.1, without a fault. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const state: State = { fault: { kind: "none" }, timesLeft: Infinity, sockets: new Map() };
  const serve = () => createServer((client) => join(client, targetPort, state));
  let server: Server | undefined = serve();
  const port = await listen(server, 0);
  return {
    port,
    async set(fault, options = {}) {
      state.fault = fault;
      state.timesLeft = options.times ?? Infinity;
      for (const socket of state.sockets.keys()) state.sockets.set(socket, 0);
      if (fault.kind === "refuse" && server !== undefined) {
        await stop(server, state);
        server = undefined;
      } else if (fault.kind !== "refuse" && server === undefined) {
        server = serve();
        await listen(server, port);
      }
    },
    openConnections: () => state.sockets.size,
    async close() {
      if (server !== undefined) await stop(server, state);
    },
  };
}

interface State {
  fault: Fault;
  timesLeft: number;
  /** Bytes sent to each client since the fault was set. */
  readonly sockets: Map<Socket, number>;
}

function join(client: Socket, targetPort: number, state: State): void {
  const target = connect({ port: targetPort, host: "127.0.0.1", noDelay: true });
  client.setNoDelay(true);
  state.sockets.set(client, 0);
  client.pipe(target);
  // What hangs hears nothing of the server's end either.
  let hangs = false;
  target.on("data", (chunk) => {
    target.pause();
    hangs = state.fault.kind === "hang";
    void deliver(client, chunk, state).then((goesOn) => {
      if (!goesOn) return;
      hangs = false;
      target.resume();
    });
  });
  target.on("end", () => {
    if (!hangs) client.end();
  });
  target.on("close", () => {
    if (!hangs) client.destroy();
  });
  client.on("close", () => {
    state.sockets.delete(client);
    target.destroy();
  });
  for (const socket of [client, target]) socket.on("error", () => undefined);
}

/** Sends `chunk` to the client as far as the fault lets it; `false` when nothing more may follow. */
async function deliver(client: Socket, chunk: Buffer, state: State): Promise<boolean> {
  const fault = state.timesLeft > 0 ? state.fault : ({ kind: "none" } as const);
  switch (fault.kind) {
    case "none":
    case "refuse":
      return send(client, chunk);
    case "trickle":
      for (let at = 0; at < chunk.length && !client.destroyed; at += fault.bytes) {
        await send(client, chunk.subarray(at, at + fault.bytes));
        await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
      }
      return true;
    case "reset":
    case "truncate":
    case "hang": {
      const sent = state.sockets.get(client) ?? 0;
      const allowed = Math.max(0, fault.afterBytes - sent);
      state.sockets.set(client, sent + Math.min(allowed, chunk.length));
      if (chunk.length < allowed) return send(client, chunk);
      state.timesLeft--;
      await send(client, chunk.subarray(0, allowed));
      if (fault.kind === "reset") client.resetAndDestroy();
      if (fault.kind === "truncate") client.end(() => client.destroy());
      return false;
    }
  }
}

function send(client: Socket, chunk: Uint8Array): Promise<boolean> {
  if (chunk.length === 0) return Promise.resolve(true);
  if (client.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    client.once("close", gone);
    client.write(chunk, (error) => {
      client.off("close", gone);
      resolve(!error);
    });
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("Cannot listen: no address"));
      else resolve(address.port);
    });
  });
}

function stop(server: Server, state: State): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of state.sockets.keys()) socket.destroy();
  });
}
