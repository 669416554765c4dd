import type { JcsError } from "../../errors.ts";
import { type HttpAnswer, type HttpClient, httpClient } from "../http/http_client.ts";
import { answerError, exchangeError } from "../http/http_error.ts";
import { type JsonRecord, parseJson } from "../http/http_json.ts";
import { answerText } from "../http/http_read.ts";
import type { Network } from "../http/network.ts";
import { parseOptionValue } from "../option_value.ts";
import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";

const ANSWER_BYTES_MAX = 64 * 1024;
const TOKEN_CHARACTERS_MAX = 32 * 1024;
const TOKEN_TIMEOUT_MS = 30_000;
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])$/;
const LIFETIME_SECONDS = 3600;
const LIFETIME_SECONDS_MAX = 366 * 24 * 3600;

/** What a token server gave. */
export interface GrantedToken {
  readonly accessToken: string;
  readonly lifetimeMs: number;
  /** The one to renew with from now on, where it is another. */
  readonly refreshToken?: string;
}

/** The server of a provider that gives tokens for what proves who asks. */
export interface TokenServer {
  /** Sends the form of a grant. `PermissionDenied` when the provider refuses it, `Unreachable` with `later` when there is no answer. Nothing of the form
   *  or of the answer stands in a message but the provider's word for the refusal. */
  grant(call: { readonly operation: string }, form: Readonly<Record<string, string>>): Promise<GrantedToken>;
  /** Ends its connections. */
  close(): void;
}

/** Makes a client for a token server. `provider` is its name in messages, `wayOut` what to do about a refusal. Connects to nobody.
 *  Source: RFC 6749, sections 5 and 6. */
export function tokenServer(
  info: StoreInfo,
  server: {
    readonly provider: string;
    readonly url: string;
    readonly wayOut?: string;
    readonly timeoutMs?: number;
    readonly network?: Network | undefined;
  },
): TokenServer {
  const { provider, url, wayOut, timeoutMs = TOKEN_TIMEOUT_MS } = server;
  let client: HttpClient | undefined;
  return {
    async grant(call, form) {
      const address = URL.parse(url);
      const endpoint = parseOptionValue("endpoint", address?.origin ?? "");
      if (address === null || endpoint === undefined || !isTokenUrl(url)) {
        const state = `the address of the token server of ${provider} is not one that secrets may be sent to`;
        throw storeError(info, { ...call, kind: "Config", state });
      }
      client ??= httpClient(endpoint, { network: server.network });
      try {
        const answer = await client.send({
          method: "POST",
          path: address.pathname + address.search,
          headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
          body: Buffer.from(new URLSearchParams(form).toString()),
          signal: AbortSignal.timeout(timeoutMs),
        });
        const text = await answerText(info, call, { answer, bytesMax: ANSWER_BYTES_MAX });
        if (answer.status !== 200) throw refusal(info, call, { answer, text, provider, wayOut });
        return granted(info, call, parseJson(text) ?? {});
      } catch (failure) {
        throw exchangeError(info, call, failure);
      }
    },
    close() {
      client?.close();
    },
  };
}

/** Whether secrets may be sent there: only a server on this machine hears them without encryption. */
export function isTokenUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
}

/** Whether a header can hold this token. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && value.length <= TOKEN_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(value);
}

function granted(info: StoreInfo, call: { readonly operation: string }, fields: JsonRecord): GrantedToken {
  const { access_token: accessToken, expires_in: given, refresh_token: refreshToken } = fields;
  if (!isToken(accessToken)) {
    throw storeError(info, { ...call, kind: "Unexpected", state: "the token server gave no token" });
  }
  const seconds = Number(given ?? LIFETIME_SECONDS);
  const isLifetime = seconds > 0 && seconds <= LIFETIME_SECONDS_MAX;
  return {
    accessToken,
    lifetimeMs: (isLifetime ? seconds : LIFETIME_SECONDS) * 1000,
    ...(isToken(refreshToken) ? { refreshToken } : {}),
  };
}

function refusal(
  info: StoreInfo,
  call: { readonly operation: string },
  refused: {
    readonly answer: HttpAnswer;
    readonly text: string;
    readonly provider: string;
    readonly wayOut: string | undefined;
  },
): JcsError {
  const { answer, provider, wayOut } = refused;
  const { error } = parseJson(refused.text) ?? {};
  const code = typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? error : undefined;
  const end = wayOut === undefined ? "" : `; ${wayOut}`;
  const state = `${provider} refuses the credential (${code ?? `status ${answer.status}`})${end}`;
  const isRefusal = answer.status === 400 || answer.status === 401 || answer.status === 403;
  const meaning = isRefusal ? { meaning: { kind: "PermissionDenied", state } as const } : {};
  return answerError(info, call, { ...answer, code, ...meaning });
}
