import { JcsError } from "../../errors.ts";
import { STREAM_IDLE_TIMEOUT_MS } from "../../limits.ts";
import { objectStream } from "../object_stream.ts";
import { parseOptionValue } from "../option_value.ts";
import type { ObjectStream, StoreInfo } from "../store.ts";
import { storeError, throwIfCancelled } from "../store_error.ts";
import { discard, type HttpAnswer } from "./http_client.ts";
import { answerError, exchangeError, type HttpCall } from "./http_error.ts";
import { answerStream } from "./http_read.ts";
import type { Network } from "./network.ts";
import { redirectingClient } from "./redirecting_client.ts";

/** What a URL leads to. */
export interface OpenedUrl {
  /** The head of the last answer; names in lower case. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** To be read to its end or cancelled; ends the connection in either case. Fails when it ends before the bytes promised. */
  readonly stream: ObjectStream;
}

/** The address that `url` is, or `Usage` for what is none of http or https: a file of this machine, for example. Never quotes it. */
export function parseUrl(info: StoreInfo, call: HttpCall, url: string): URL {
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.hostname !== "") return parsed;
  const { signal: _, ...place } = call;
  throw storeError(info, { ...place, kind: "Usage", state: "the URL must begin with http:// or https://" });
}

/** Requests a URL by GET and waits for the head of the answer, of status 200, or 206 where the headers ask for a range.
 *
 *  Follows a few redirects; user and password that stand in the URL go to its own server only. Who says nothing for `idleMs`
 *  ({@link STREAM_IDLE_TIMEOUT_MS} unless given) is not waited for any longer: `TimedOut`. A reader that takes its time is never the reason. Errors name
 *  the server and no more of the URL: the rest may be a signature. */
export async function openUrl(
  info: StoreInfo,
  call: HttpCall,
  wanted: {
    readonly url: URL;
    readonly headers?: Readonly<Record<string, string>>;
    readonly idleMs?: number;
    readonly network?: Network | undefined;
  },
): Promise<OpenedUrl> {
  const { url, headers = {}, idleMs = STREAM_IDLE_TIMEOUT_MS } = wanted;
  const { signal, ...place } = call;
  throwIfCancelled(info, { ...place, signal });
  const endpoint = parseOptionValue("endpoint", url.origin);
  if (endpoint === undefined) {
    throw storeError(info, { ...place, kind: "Usage", state: "the URL names no server" });
  }
  const client = redirectingClient(endpoint, { slashes: true, network: wanted.network });
  const idle = new AbortController();
  const either = signal === undefined ? idle.signal : AbortSignal.any([signal, idle.signal]);
  const inside = { ...place, signal: either };
  /** Waits for the server, not longer than it may be silent. */
  const waitFor = async <T>(work: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => idle.abort(), idleMs);
    try {
      return await work();
    } catch (error) {
      throw idle.signal.aborted && signal?.aborted !== true ? silent() : atServer(error);
    } finally {
      clearTimeout(timer);
    }
  };
  const silent = () => {
    const state = `server "${url.host}" of the URL says nothing for ${idleMs / 1000} seconds`;
    return storeError(info, { ...place, kind: "TimedOut", retry: "later", state });
  };
  const atServer = (error: unknown): unknown => {
    if (!(error instanceof JcsError) || error.kind === "Cancelled") return error;
    const { kind, retry, retryAfterMs, message } = error;
    const state = `server "${url.host}" of the URL: ${message.slice(message.lastIndexOf('": ') + 3)}`;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    return storeError(info, { ...place, kind, retry, state, ...wait, cause: error });
  };
  try {
    const answer = await waitFor(async () => {
      const request = { method: "GET", path: url.pathname + url.search, headers, signal: either };
      const found = await client.send({ ...request, secretHeaders: credentialOf(url) }).catch((failure) => {
        throw exchangeError(info, inside, failure);
      });
      const isPart = found.status === 206 && headers["range"] !== undefined;
      if (found.status !== 200 && !isPart) throw refusal(info, inside, found);
      return found;
    });
    const iterator = answerStream(info, inside, { answer })[Symbol.asyncIterator]();
    const stream = objectStream({
      async pull() {
        const result = await waitFor(() => iterator.next());
        return result.done === true ? undefined : result.value;
      },
      async close() {
        await iterator.return?.();
        client.close();
      },
    });
    return { status: answer.status, headers: answer.headers, stream };
  } catch (error) {
    client.close();
    throw error;
  }
}

function refusal(info: StoreInfo, call: HttpCall, answer: HttpAnswer): JcsError {
  discard(answer);
  const { status } = answer;
  const { kind, retry } = answerError(info, call, answer);
  const why = status > 300 && status < 309 ? "it redirects too often, or where nobody may follow, " : "";
  return answerError(info, call, { ...answer, meaning: { kind, retry, state: `${why}status ${status}` } });
}

function credentialOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(text).toString("base64")}` };
}
