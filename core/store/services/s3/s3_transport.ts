import { Readable } from "node:stream";
import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { type HttpAnswer, type HttpClient, httpClient } from "../../http/http_client.ts";
import type { HttpBody } from "../../http/http_connection.ts";
import type { Network } from "../../http/network.ts";
import { parseOptionValue } from "../../option_value.ts";

/** A request as the SDK hands it over, signed. */
interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly (string | null)[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** The body of an answer as the SDK wants it. What is to pass with few copies takes {@link body} itself, and then never reads this. */
export class AnswerReadable extends Readable {
  readonly body: HttpBody;

  constructor(body: HttpBody) {
    super();
    this.body = body;
  }

  override _read(): void {
    this.body.next().then(
      (chunk) => {
        if (chunk !== undefined) {
          this.push(Buffer.from(chunk));
          giveBack(chunk);
        } else if (this.body.complete) this.push(null);
        else this.destroy(brokenOff());
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.body.destroy();
    done(error);
  }
}

/** What a call of the SDK may say to the transport, with its other options. */
export interface TransportOptions {
  readonly abortSignal?: unknown;
  /** Takes the answer to a request that was accepted; the SDK sees one without content. */
  readonly onAnswer?: (answer: HttpAnswer) => void;
}

/** Carries the SDK's requests over the project's own HTTP client. */
export function s3Transport(options: { readonly connectTimeoutMs: number; readonly network: Network }) {
  const clients = new Map<string, HttpClient>();
  const clientOf = ({ protocol, hostname, port }: SignedRequest): HttpClient => {
    const origin = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
    const known = clients.get(origin);
    if (known !== undefined) return known;
    const endpoint = parseOptionValue("endpoint", origin);
    if (endpoint === undefined)
      throw new Error(`Cannot connect to ${JSON.stringify(origin)}: it is no server`);
    const made = httpClient(endpoint, options);
    clients.set(origin, made);
    return made;
  };
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request: SignedRequest, { abortSignal, onAnswer }: TransportOptions = {}) {
      const { method, body } = request;
      // No server is asked whether it wants a body: a refusal comes as quickly, and the connection is new then.
      const { expect: _, Expect: __, ...headers } = request.headers;
      const answer = await clientOf(request).send({
        method,
        path: pathOf(request),
        headers,
        body: typeof body === "string" ? Buffer.from(body) : body,
        signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
      });
      const { status: statusCode, headers: received } = answer;
      if (onAnswer !== undefined && statusCode < 300) {
        onAnswer(answer);
        return { response: { statusCode, headers: received, body: Readable.from([]) } };
      }
      return { response: { statusCode, headers: received, body: new AnswerReadable(answer.body) } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {
      for (const client of clients.values()) client.close();
    },
  };
}

/** Path and query as they were signed: in the order of the names, and `!'()*` are encoded, too (RFC 3986). */
function pathOf({ path, query = {} }: SignedRequest): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const pairs = Object.entries(query)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([key, value]) =>
      (value === null || typeof value === "string" ? [value] : value).map((each) =>
        each === null ? encode(key) : `${encode(key)}=${encode(each)}`,
      ),
    );
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

function brokenOff(): Error {
  return Object.assign(new Error("the answer broke off"), { code: "ECONNRESET" });
}
