import { JcsError } from "../../errors.ts";
import type { HttpCall } from "../http/http_error.ts";
import type { Network } from "../http/network.ts";
import type { Credential } from "../option_value.ts";
import { environmentName } from "../read_options.ts";
import type { OpenContext } from "../service.ts";
import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import { type OauthToken, parseOauthToken, renewedToken } from "./oauth_token.ts";
import type { RequestTokens } from "./request_with_token.ts";
import { type GoodHeader, goodUntilMs, TOKEN_MARGIN_MS, tokenCache } from "./token_cache.ts";
import { type TokenFile, tokenFile } from "./token_file.ts";
import { isTokenUrl, type TokenServer, tokenServer } from "./token_server.ts";

/** Who gives the tokens of a service. */
export interface OauthProvider {
  /** As users know it: `Dropbox`. */
  readonly name: string;
  readonly tokenUrl: string;
  /** The app that renews tokens, where the user named one; otherwise the one that the token names itself. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** How `rclone authorize` calls the service, if it does. */
  readonly rcloneName?: string;
}

/** Gives requests their header `Authorization`. */
export interface OauthTokens extends RequestTokens {
  /** The header, with a token that is good for a while; renewed once for all that wait. `PermissionDenied` when the login has ended. */
  authorization(call: HttpCall): Promise<string>;
  close(): void;
}

/** What a login needs to be renewed with. */
interface Login {
  readonly info: StoreInfo;
  readonly provider: OauthProvider;
  readonly server: TokenServer;
  readonly wayOut: string;
}

/** The tokens of a login with OAuth 2.0. Finds and reads the credential; talks to nobody.
 *
 *  `file:` is used and renewed together with other processes: what the provider changes is written back, everything else in it stays. `env`
 *  (JCS_<SERVICE>_TOKEN), `base64:` and `apikey:` are renewed in memory only, where they hold a refresh token at all; without a credential the
 *  environment is asked. Throws `Config` where there is none and `Usage` for other kinds. No message holds any of it.
 *  Source: RFC 6749, section 6. */
export async function oauthTokens(
  info: StoreInfo,
  options: {
    readonly credential: Credential | undefined;
    readonly provider: OauthProvider;
    readonly environment: OpenContext["environment"];
    readonly network?: Network;
  },
): Promise<OauthTokens> {
  const { provider } = options;
  const refuse = (kind: "Usage" | "Config", state: string) =>
    new JcsError(kind, `Cannot open a space of service "${info.service}": ${state}`);
  if (!isTokenUrl(provider.tokenUrl)) throw refuse("Usage", 'option "token_url" must start with https://');
  const file =
    options.credential?.kind === "file"
      ? tokenFile(options.credential.path, (state) => refuse("Config", state))
      : undefined;
  const place = file === undefined ? "the credential" : JSON.stringify(file.path);
  const example =
    provider.rcloneName === undefined ? "" : `, for example with "rclone authorize ${provider.rcloneName}",`;
  const wayOut = `log in again${example} and put the new token into ${place}`;
  const server = tokenServer(info, {
    provider: provider.name,
    url: provider.tokenUrl,
    wayOut,
    network: options.network,
  });
  const login = { info, provider, server, wayOut };
  const first = file === undefined ? givenToken(info, { ...options, refuse }) : await file.read();
  const renews = file !== undefined || first.refreshToken !== undefined;
  const fetch = file === undefined ? inMemory(login, first) : inFile(login, { file, first });
  const cache = tokenCache(info, { first: headerOf(first), fetch });
  return {
    authorization: (call) => cache.authorization(call),
    refused(header) {
      if (renews) cache.forget(header);
      return renews;
    },
    close: () => server.close(),
  };
}

type Renew = (call: { readonly operation: string }, refused: string | undefined) => Promise<GoodHeader>;

function inMemory(login: Login, first: OauthToken): Renew {
  let token = first;
  return async (call) => {
    const renewal = await renew(login, call, token);
    token = renewal.token;
    return renewal;
  };
}

function inFile(
  login: Login,
  { file, first }: { readonly file: TokenFile; readonly first: OauthToken },
): Renew {
  let known = first;
  // What could not be written to the file.
  let unsaved: OauthToken | undefined;
  return (call, refused) =>
    file.exclusively(async ({ writable }) => {
      const there = await file.read();
      if (there.refreshToken !== known.refreshToken) unsaved = undefined;
      known = there;
      const header = headerOf(there);
      // Another process may have renewed it.
      if (unsaved === undefined && header !== undefined && header.header !== refused) return header;
      const renewal = await renew(login, call, unsaved ?? there);
      unsaved = renewal.token;
      // The new token serves this process in any case.
      if (writable && (await isDone(file.replace(renewal.token)))) {
        unsaved = undefined;
        known = renewal.token;
      }
      return renewal;
    });
}

async function renew(
  { info, provider, server, wayOut }: Login,
  call: { readonly operation: string },
  token: OauthToken,
): Promise<GoodHeader & { readonly token: OauthToken }> {
  const denied = (state: string) =>
    storeError(info, { ...call, kind: "PermissionDenied", state: `${state}; ${wayOut}` });
  if (token.refreshToken === undefined) {
    throw denied("the access token has expired or is refused, and there is no refresh token");
  }
  const isOwn = provider.clientId === undefined;
  const clientId = isOwn ? token.clientId : provider.clientId;
  const clientSecret = isOwn ? (provider.clientSecret ?? token.clientSecret) : provider.clientSecret;
  if (clientId === undefined) {
    const state = "the access token must be renewed, and the app that it was given to is not known";
    throw storeError(info, { ...call, kind: "Config", state: `${state}; set client_id and client_secret` });
  }
  const granted = await server.grant(call, {
    grant_type: "refresh_token",
    refresh_token: token.refreshToken,
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
  });
  const header = `Bearer ${granted.accessToken}`;
  return { header, goodUntilMs: goodUntilMs(granted.lifetimeMs), token: renewedToken(token, granted) };
}

/** The token that stands in the connection string or the environment. */
function givenToken(
  info: StoreInfo,
  source: {
    readonly credential: Credential | undefined;
    readonly environment: OpenContext["environment"];
    readonly refuse: (kind: "Usage" | "Config", state: string) => JcsError;
  },
): OauthToken {
  const { credential, environment, refuse } = source;
  const variable = environmentName(info.service, "token");
  const parse = (text: string, place: string): OauthToken => {
    const token = parseOauthToken(text);
    if (token !== undefined) return token;
    throw refuse(
      "Config",
      `${place} holds no token; it must be JSON with "access_token" and "refresh_token"`,
    );
  };
  switch (credential?.kind) {
    case "base64":
      return parse(Buffer.from(credential.content).toString("utf8"), "option credential");
    case "apikey":
      return parse(credential.key, "option credential");
    case "env":
    case undefined: {
      const text = environment[variable];
      if (text !== undefined && text !== "") return parse(text, variable);
      throw refuse("Config", `there is no token; add credential=file:/PATH of its JSON, or set ${variable}`);
    }
    case "file":
    case "hmac":
    case "basic":
      throw refuse(
        "Usage",
        `credential "${credential.kind}:…" is none of its own; use file:…, env or apikey:…`,
      );
  }
}

/** The header of a token that is good for a while yet; one that nobody can renew is used to its end. */
function headerOf({ accessToken, refreshToken, expiresAtMs }: OauthToken): GoodHeader | undefined {
  const goodUntilMs = expiresAtMs - (refreshToken === undefined ? 0 : TOKEN_MARGIN_MS);
  if (accessToken === undefined || goodUntilMs <= Date.now()) return undefined;
  return { header: `Bearer ${accessToken}`, goodUntilMs };
}

async function isDone(work: Promise<void>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  );
}
