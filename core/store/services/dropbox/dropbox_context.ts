import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { type HttpAnswer, type HttpClient, httpClient } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, type JsonRecord } from "../../http/http_json.ts";
import { answerText } from "../../http/http_read.ts";
import { type Network, readNetwork } from "../../http/network.ts";
import { type OauthTokens, oauthTokens } from "../../oauth/oauth_tokens.ts";
import { requestWithToken } from "../../oauth/request_with_token.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import { HASH_BLOCK_BYTES } from "./content_hash.ts";
import type { DropboxOptions } from "./dropbox_options.ts";
import { refusalError, refusalOf } from "./dropbox_refusal.ts";

const TOKEN_URL = "https://api.dropboxapi.com/oauth2/token";
/** Most bytes of one request are 150 MiB. */
const PART_BYTES_MAX = 148 * 1024 * 1024;
const ERROR_BYTES_MAX = 256 * 1024;

/** What every operation of one store works with. */
export interface DropboxContext {
  readonly info: StoreInfo;
  readonly partBytes: number;
  readonly tokens: OauthTokens;
  /** Takes and gives JSON. */
  readonly api: HttpClient;
  /** Takes and gives bytes. */
  readonly content: HttpClient;
  readonly network: Network;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Checks the options against each other and finds the login. Talks to nobody. */
export async function dropboxContext(
  connection: Connection,
  source: { readonly options: DropboxOptions; readonly environment: OpenContext["environment"] },
): Promise<DropboxContext> {
  const { service, name, workDirectory, space } = connection;
  const { options, environment } = source;
  const refuse = (state: string) =>
    new JcsError("Usage", `Cannot open a space of service "${service}": ${state}`);
  const { part_size: partBytes, path_root: root } = options;
  if (name !== "") throw refuse("there is nothing to name before the folder; write dropbox:///FOLDER");
  if (partBytes === 0 || partBytes % HASH_BLOCK_BYTES !== 0 || partBytes > PART_BYTES_MAX) {
    throw refuse('option "part_size" must be a multiple of 4MiB up to 148MiB');
  }
  if (root !== undefined && !/^[-_0-9a-zA-Z:]{1,100}$/.test(root)) {
    throw refuse('option "path_root" must be the id of a namespace');
  }
  // An upload holds the part that it sends and the one after it.
  const info = { service, name, workDirectory, space, heldBytesMax: 2 * partBytes };
  const network = readNetwork(options, source);
  const tokens = await oauthTokens(info, {
    network,
    credential: options.credential,
    environment,
    provider: {
      name: "Dropbox",
      tokenUrl: options.token_url ?? TOKEN_URL,
      clientId: options.client_id,
      clientSecret: options.client_secret,
      rcloneName: "dropbox",
    },
  });
  const pathRoot = { "dropbox-api-path-root": headerJson({ ".tag": "namespace_id", namespace_id: root }) };
  return {
    info,
    partBytes,
    tokens,
    api: httpClient(options.endpoint, { network }),
    content: httpClient(options.content_endpoint, { network }),
    network,
    headers: root === undefined ? {} : pathRoot,
  };
}

/** Calls a route that takes and gives JSON. A refusal is thrown with a {@link refusalOf} as its cause. */
export async function callRoute(
  context: DropboxContext,
  call: HttpCall,
  { route, argument }: { readonly route: string; readonly argument: JsonRecord },
): Promise<JsonRecord> {
  const answer = await request(context, call, {
    client: context.api,
    route,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(argument)),
  });
  return await answerJson(context.info, call, { answer });
}

/** Calls a route that takes bytes. */
export async function sendContent(
  context: DropboxContext,
  call: HttpCall,
  sent: { readonly route: string; readonly argument: JsonRecord; readonly bytes: Uint8Array },
): Promise<HttpAnswer> {
  return await request(context, call, {
    client: context.content,
    route: sent.route,
    headers: { "content-type": "application/octet-stream", "dropbox-api-arg": headerJson(sent.argument) },
    body: sent.bytes,
  });
}

/** Calls a route that gives bytes. Answers of status 416 are handed back, too. */
export async function openContent(
  context: DropboxContext,
  call: HttpCall,
  wanted: {
    readonly route: string;
    readonly argument: JsonRecord;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<HttpAnswer> {
  return await request(context, call, {
    client: context.content,
    route: wanted.route,
    headers: { ...wanted.headers, "dropbox-api-arg": headerJson(wanted.argument) },
    accept: 416,
  });
}

/** JSON that a header can hold: nothing but printable ASCII.
 *  Source: https://www.dropbox.com/developers/reference/json-encoding */
export function headerJson(value: JsonRecord): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Makes one request and turns its failure, or an answer of status 300 and above, into a `JcsError`. When the service refuses the token, it is made
 *  once more with a new one. */
async function request(
  context: DropboxContext,
  call: HttpCall,
  wanted: {
    readonly client: HttpClient;
    readonly route: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Uint8Array;
    readonly accept?: number;
  },
): Promise<HttpAnswer> {
  const { info, tokens } = context;
  const { client, route, headers, body, accept } = wanted;
  const service = { info, tokens, client };
  return await requestWithToken(service, call, {
    ...{ method: "POST", path: `/2/${route}`, headers: { ...context.headers, ...headers }, body },
    ...(accept === undefined ? {} : { accept: [accept] }),
    async errorOf(answer) {
      const text = await answerText(info, call, { answer, bytesMax: ERROR_BYTES_MAX }).catch(() => "");
      return refusalError(info, call, { answer, text });
    },
    isAboutToken: (error) => refusalOf(error, /^missing_scope|^user_suspended/) === undefined,
  });
}
