import type { JcsError } from "../../errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../http/http_client.ts";
import { answerError, type HttpCall, type Meaning } from "../http/http_error.ts";
import { asRecord, parseJson } from "../http/http_json.ts";
import { answerText } from "../http/http_read.ts";
import { type RequestTokens, requestWithToken } from "../oauth/request_with_token.ts";
import type { StoreInfo } from "../store.ts";

const ERROR_BYTES_MAX = 256 * 1024;

/** What requests to a service of Google are made with. */
export interface GoogleClient {
  readonly info: StoreInfo;
  readonly client: HttpClient;
  readonly tokens: RequestTokens;
  /** Query parameters of every request. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** What a refusal means where its status alone does not say it. */
  readonly meaningOf: (refusal: GoogleRefusal) => Meaning | undefined;
}

/** What Google says when it refuses a request. */
export interface GoogleRefusal {
  readonly status: number;
  /** Google's own word, for example `rateLimitExceeded`; may be empty. */
  readonly reason: string;
  readonly message: string;
}

/** One request. */
export interface GoogleRequest extends Pick<HttpRequest, "method" | "body"> {
  /** Percent-encoded; may have a query already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes one request and turns its failure, or an answer of status 300 and above that is not among `accept`, into a `JcsError`. When the service
 *  refuses the token, it is made once more with a new one. */
export async function googleRequest(
  google: GoogleClient,
  call: HttpCall,
  wanted: GoogleRequest & { readonly accept?: readonly number[] },
): Promise<HttpAnswer> {
  const { accept = [], method, headers = {}, body } = wanted;
  return await requestWithToken(google, call, {
    ...{ method, path: addressOf(google, wanted), headers, body, accept },
    errorOf: (answer) => refusalOf(google, call, answer),
  });
}

/** The headers and the body of a request that sends JSON. */
export function jsonBody(value: unknown): Pick<GoogleRequest, "headers" | "body"> {
  return {
    headers: { "content-type": "application/json; charset=UTF-8" },
    body: Buffer.from(JSON.stringify(value)),
  };
}

function addressOf({ parameters }: GoogleClient, { path, query = {} }: GoogleRequest): string {
  const pairs = Object.entries({ ...query, ...parameters }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? path : `${path}${path.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}

async function refusalOf(google: GoogleClient, call: HttpCall, answer: HttpAnswer): Promise<JcsError> {
  const { info } = google;
  const text = await answerText(info, call, { answer, bytesMax: ERROR_BYTES_MAX }).catch(() => "");
  const error = asRecord(parseJson(text)?.["error"]);
  const [first] = Array.isArray(error["errors"]) ? error["errors"] : [];
  const reason = String(asRecord(first)["reason"] ?? "");
  const message = typeof error["message"] === "string" ? error["message"] : text;
  return answerError(info, call, {
    ...answer,
    code: /^[A-Za-z]+$/.test(reason) ? reason : undefined,
    meaning: google.meaningOf({ status: answer.status, reason, message }),
  });
}
