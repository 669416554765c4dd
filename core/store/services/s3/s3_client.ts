import { type HttpAnswer, hostHeader, httpClient } from "../../http/http_client.ts";
import { readNetwork } from "../../http/network.ts";
import type { OpenContext } from "../../service.ts";
import { bucketAddress } from "./s3_address.ts";
import { s3Credentials } from "./s3_credentials.ts";
import type { S3Options } from "./s3_options.ts";
import { refusalOf } from "./s3_refusal.ts";
import { encodePath, encodeQuery, s3Signer } from "./s3_signature.ts";

/** One request about the bucket or an object in it. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** The key of the object; the bucket itself unless given. */
  readonly key?: string;
  /** Not encoded; an empty value where only the name counts, as in `?uploads`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case; what is undefined is not sent. */
  readonly headers?: S3Headers;
}

/** Headers of a request; what is undefined is not sent. */
export type S3Headers = Readonly<Record<string, string | undefined>>;

/** Requests to one bucket. */
export interface S3Client {
  /** Makes a request, once. Its answer must be read to the end, or let go. Throws an {@link S3Refusal} for status 300 and above other than `accepts`, and what the
   *  connection and the search for credentials throw. */
  send(
    request: S3Request & {
      readonly body?: Uint8Array;
      readonly accepts?: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<HttpAnswer>;
  /** The URL of a request that anybody can make who sends its headers. Talks to nobody but those who know the credentials. */
  presign(request: S3Request, options: { readonly expiresInSeconds: number }): Promise<string>;
  /** Ends all connections. */
  close(): void;
}

/** Makes the client of one bucket, with requests and signatures of its own: a program that moves many small objects would spend more time in
 *  Amazon's library than on the line. Connects to nobody.
 *
 *  What is worth another try is decided by the retry layer, which also knows what must not be done twice, and for the parts of a stream by the upload,
 *  which alone still has their bytes. Bodies are signed with their SHA-256, so that none arrives damaged; checksums in trailers are not sent, which
 *  many compatible services refuse. */
export function s3Client(bucket: string, options: S3Options, context: OpenContext): S3Client {
  const { environment } = context;
  const region =
    options.region ?? (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"] || DEFAULT_REGION);
  const { endpoint, bucketPath } = bucketAddress(bucket, options, region);
  const client = httpClient(endpoint, {
    connectTimeoutMs: options.connect_timeout,
    network: readNetwork(options, context),
  });
  const credentials = s3Credentials(options, context);
  const signer = s3Signer(region);
  const host = hostHeader(endpoint);
  const unsigned = ({ method, key, query = {}, headers = {} }: S3Request) => {
    const path = `${bucketPath}${key === undefined ? "" : `/${encodePath(key)}`}` || "/";
    return { method, path, query, headers: { host, ...present(headers) } };
  };
  return {
    async send({ body, accepts, signal, ...request }) {
      const plain = unsigned(request);
      const headers =
        credentials === undefined
          ? plain.headers
          : signer.signHeaders(plain, { identity: await credentials(), now: new Date(), body });
      const query = encodeQuery(plain.query);
      const path = query === "" ? plain.path : `${plain.path}?${query}`;
      const answer = await client.send({ method: request.method, path, headers, body, signal });
      if (answer.status < 300 || answer.status === accepts) return answer;
      throw await refusalOf(answer, region);
    },
    async presign(request, { expiresInSeconds }) {
      const plain = unsigned(request);
      const base = `${endpoint.protocol}://${host}${plain.path}`;
      if (credentials === undefined) return base;
      const identity = await credentials();
      return `${base}?${signer.signQuery(plain, { identity, now: new Date(), expiresInSeconds })}`;
    },
    close: () => client.close(),
  };
}

const DEFAULT_REGION = "us-east-1";

/** The headers that are sent. */
export function present(headers: S3Headers): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent[name] = value;
  return sent;
}
