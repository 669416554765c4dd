import { type Endpoint, parseOptionValue } from "../option_value.ts";
import { discard, type HttpAnswer, type HttpClient, type HttpRequest, httpClient } from "./http_client.ts";
import type { Network } from "./network.ts";

const REDIRECTS_MAX = 5;
/** Most other servers that one store follows redirects to. */
const OTHER_SERVERS_MAX = 16;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** A request with what only the own server may see. */
export type CredentialedRequest = HttpRequest & {
  /** Headers that go to the own server and to nobody else. */
  readonly secretHeaders: Readonly<Record<string, string>>;
};

/** Requests to one server that may send them elsewhere. */
export interface RedirectingClient extends Omit<HttpClient, "send"> {
  /** As `HttpClient.send`, and follows redirects of requests without a body: on the own server all that change nothing (GET, HEAD, PROPFIND), to another
   *  one GET and HEAD, without the secret headers, and never from https to http. Any other redirect is handed back as the answer; so
   *  is one that only adds a slash to the path, which says that there is a directory. */
  send(request: CredentialedRequest): Promise<HttpAnswer>;
}

/** Makes a client for one server that follows redirects. Connects to nobody. `slashes`: also those that only add a slash. */
export function redirectingClient(
  endpoint: Endpoint,
  { slashes = false, network }: { readonly slashes?: boolean; readonly network?: Network | undefined } = {},
): RedirectingClient {
  const own = httpClient(endpoint, { network });
  const others = new Map<string, HttpClient>();
  const clientOf = (url: URL): HttpClient | undefined => {
    const known = url.origin === originOf(endpoint) ? own : others.get(url.origin);
    if (known !== undefined) return known;
    const target = parseOptionValue("endpoint", url.origin);
    if (target === undefined || others.size >= OTHER_SERVERS_MAX) return undefined;
    const made = httpClient(target, { network });
    others.set(url.origin, made);
    return made;
  };
  return {
    endpoint,
    async send({ secretHeaders, ...request }) {
      let client = own;
      let call: HttpRequest = request;
      for (let redirects = 0; ; redirects++) {
        const headers = client === own ? { ...request.headers, ...secretHeaders } : (request.headers ?? {});
        const answer = await client.send({ ...call, headers });
        const target = targetOf(client.endpoint, { call, answer, slashes });
        if (target === undefined || redirects === REDIRECTS_MAX) return answer;
        const next = clientOf(target);
        if (next === undefined || (next !== own && !SAFE.has(call.method))) return answer;
        discard(answer);
        client = next;
        call = { ...call, path: target.pathname + target.search };
      }
    },
    close() {
      own.close();
      for (const client of others.values()) client.close();
    },
  };
}

/** Where the answer sends a request that may follow. */
function targetOf(
  endpoint: Endpoint,
  {
    call,
    answer,
    slashes,
  }: { readonly call: HttpRequest; readonly answer: HttpAnswer; readonly slashes: boolean },
): URL | undefined {
  const { location } = answer.headers;
  if (!REDIRECTS.has(answer.status) || location === undefined) return undefined;
  if (!SAFE.has(call.method) && call.method !== "PROPFIND") return undefined;
  const target = URL.parse(location, `${originOf(endpoint)}${call.path}`);
  if (target === null || !/^https?:$/.test(target.protocol)) return undefined;
  if (endpoint.protocol === "https" && target.protocol !== "https:") return undefined;
  // A directory, which has no bytes.
  if (!slashes && SAFE.has(call.method) && target.pathname === `${call.path}/`) return undefined;
  return target;
}

function originOf(endpoint: Endpoint): string {
  return new URL(endpoint.url).origin;
}
