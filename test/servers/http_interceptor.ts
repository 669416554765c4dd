import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { listen, stop } from "./listen.ts";

/** What the interceptor does with one request: passes it on, passes it on and then resets the connection instead of answering, or
 *  answers itself and the server never hears of it. */
export type Interception =
  | "pass"
  | "lose answer"
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** An HTTP proxy on 127.0.0.1 between a client and a real server. */
export interface HttpInterceptor {
  readonly port: number;
  /** `METHOD /path?query` of every request so far. */
  readonly requests: readonly string[];
  /** The headers of every request so far. */
  readonly headers: readonly IncomingHttpHeaders[];
  close(): Promise<void>;
}

/** Starts an interceptor in front of `targetPort`. `decide` sees `METHOD /path?query` and is asked once for each request. */
export async function startHttpInterceptor(
  targetPort: number,
  decide: (line: string) => Interception,
): Promise<HttpInterceptor> {
  const requests: string[] = [];
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((incoming, answer) => {
    const line = `${incoming.method} ${incoming.url}`;
    requests.push(line);
    seen.push(incoming.headers);
    const decision = decide(line);
    if (typeof decision === "object") {
      incoming.resume();
      incoming.on("end", () => {
        answer.writeHead(decision.status, decision.headers);
        answer.end(decision.body);
      });
      return;
    }
    const { method, url, headers } = incoming;
    const { expect: _, ...passed } = headers;
    const outgoing = request(
      { host: "127.0.0.1", port: targetPort, method, path: url, headers: passed },
      (response: IncomingMessage) => {
        if (decision === "lose answer") {
          response.resume();
          response.on("end", () => incoming.socket.destroy());
          return;
        }
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      },
    );
    outgoing.on("error", () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  });
  const port = await listen(server);
  return {
    port,
    requests,
    headers: seen,
    close: () => stop(server),
  };
}
