import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { type HttpAnswer, type HttpClient, type HttpRequest, httpClient } from "../../http/http_client.ts";
import { exchangeError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import type { JsonRecord } from "../../http/http_json.ts";
import { readNetwork } from "../../http/network.ts";
import { type OtherServers, otherServers } from "../../http/other_servers.ts";
import { normalizePath } from "../../normalize_path.ts";
import { type OauthTokens, oauthTokens } from "../../oauth/oauth_tokens.ts";
import { requestWithToken } from "../../oauth/request_with_token.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { onedriveError } from "./onedrive_error.ts";
import { encodePath, faultOf } from "./onedrive_names.ts";
import type { OnedriveOptions } from "./onedrive_options.ts";

/** Parts of an upload but the last are multiples of this, and shorter than the second bound. */
export const PART_UNIT_BYTES = 320 * 1024;
export const PART_BYTES_MAX = 60 * 1024 * 1024;
/** Servers of files, uploads and copies whose connections are kept. */
const OTHER_SERVERS_MAX = 16;

/** What every operation of one store works with. */
export interface OnedriveContext {
  readonly info: StoreInfo;
  readonly options: OnedriveOptions;
  readonly tokens: OauthTokens;
  readonly client: HttpClient;
  /** Where bytes go and come from, at addresses that need no credential and get none. */
  readonly others: OtherServers;
  /** The address of the drive, without a slash at the end. */
  readonly drive: string;
  readonly root: { found: boolean };
}

/** One call, at a path in its one spelling, and the file of the drive that it is about. */
export type Call = HttpCall & {
  readonly path: string;
  readonly file: string;
  readonly signal: AbortSignal | undefined;
};

/** Checks the options against each other and reads the credential. Talks to nobody. */
export async function onedriveContext(
  connection: Connection,
  source: { readonly options: OnedriveOptions; readonly environment: OpenContext["environment"] },
): Promise<OnedriveContext> {
  const { service, name, workDirectory, space } = connection;
  const { options, environment } = source;
  const { drive, tenant, endpoint, part_size: partBytes } = options;
  const refuse = (state: string) =>
    new JcsError("Usage", `Cannot open a space of service "onedrive": ${state}`);
  if (name !== "") throw refuse("there is nothing to name but a folder; write onedrive:///folder");
  if (partBytes === 0 || partBytes % PART_UNIT_BYTES !== 0 || partBytes >= PART_BYTES_MAX) {
    throw refuse('option "part_size" must be a multiple of 320KiB, less than 60MiB');
  }
  if (!/^[A-Za-z0-9.-]+$/.test(tenant)) throw refuse('option "tenant" must be an id or a domain');
  const info = { service, name, workDirectory, space, heldBytesMax: 2 * partBytes };
  const provider = {
    name: "Microsoft",
    tokenUrl: options.token_url ?? `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
    clientId: options.client_id,
    clientSecret: options.client_secret,
    rcloneName: "onedrive",
  };
  const network = readNetwork(options, source);
  return {
    info,
    options,
    tokens: await oauthTokens(info, { credential: options.credential, provider, environment, network }),
    client: httpClient(endpoint, { network }),
    others: otherServers({
      serversMax: OTHER_SERVERS_MAX,
      encrypted: endpoint.protocol === "https",
      network,
    }),
    drive: `/v1.0/${drive === undefined ? "me/drive" : `drives/${encodeURIComponent(drive)}`}`,
    root: { found: false },
  };
}

/** What an operation is about. `Usage` when there can be no such file. */
export function callOf(
  context: OnedriveContext,
  operation: string,
  at: { readonly path: string; readonly signal?: AbortSignal | undefined },
): Call {
  const path = normalizePath(at.path, context.info.workDirectory);
  const file = fileOf(context, path);
  const state = faultOf(file);
  if (state !== undefined) throw storeError(context.info, { kind: "Usage", operation, path, state });
  return { operation, path, file, signal: at.signal };
}

/** The file, or folder, of the drive for a path of the store; empty for the root of the drive. */
export function fileOf(context: OnedriveContext, path: string): string {
  return encodePath((context.info.workDirectory + path).replace(/^\/|\/$/g, ""));
}

/** The address of a file or folder by its path; `part` is what is asked of it, for example `children`. */
export function fileAddress(context: OnedriveContext, file: string, part?: string): string {
  const suffix = part === undefined ? "" : `/${part}`;
  if (file === "") return `${context.drive}/root${suffix}`;
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${context.drive}/root:/${path}${suffix === "" ? "" : `:${suffix}`}`;
}

/** The address of an item by its id. */
export function itemAddress(context: OnedriveContext, id: string, part?: string): string {
  return `${context.drive}/items/${encodeURIComponent(id)}${part === undefined ? "" : `/${part}`}`;
}

/** One request of Microsoft Graph. */
export interface GraphRequest extends Pick<HttpRequest, "method" | "headers"> {
  /** Percent-encoded, with the query. */
  readonly path: string;
  readonly body?: Uint8Array | JsonRecord;
  readonly accept?: readonly number[];
}

/** Makes one request with a token, and turns its failure, or an answer of status 300 and above that is not among `accept`, into a `JcsError`. When the
 *  service refuses the token, it is made once more with another. */
export async function request(
  context: OnedriveContext,
  call: HttpCall,
  { accept = [], path, method, headers, body }: GraphRequest,
): Promise<HttpAnswer> {
  const isBytes = body === undefined || body instanceof Uint8Array;
  return await requestWithToken(context, call, {
    ...{ method, path, accept },
    headers: { ...(isBytes ? {} : { "content-type": "application/json" }), ...headers },
    body: isBytes ? body : Buffer.from(JSON.stringify(body)),
    errorOf: (answer) => onedriveError(context.info, call, answer),
  });
}

/** Makes one request at an address that the service gave, which is good by itself: no token goes there, on whatever server it is. The address is a
 *  secret and stands in no message. */
export async function requestElsewhere(
  context: OnedriveContext,
  call: HttpCall,
  wanted: Pick<HttpRequest, "method" | "headers" | "body"> & {
    readonly url: unknown;
    readonly accept?: readonly number[];
  },
): Promise<HttpAnswer> {
  const { accept = [], url, ...sent } = wanted;
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  const target = typeof url === "string" ? URL.parse(url) : null;
  const client = target === null ? undefined : context.others.clientOf(target);
  if (target === null || client === undefined) {
    throw fault(context, call, { kind: "Unexpected", state: "the service gave no address that can be used" });
  }
  const path = target.pathname + target.search;
  let answer: HttpAnswer;
  try {
    answer = await client.send({ ...sent, path, signal: call.signal });
  } catch (failure) {
    throw exchangeError(context.info, call, failure);
  }
  if (answer.status < 300 || accept.includes(answer.status)) return answer;
  throw await onedriveError(context.info, call, answer);
}

/** The error of one call. */
export function fault(
  context: OnedriveContext,
  { operation, path }: HttpCall,
  meaning: Meaning & { readonly state: string },
): JcsError {
  return storeError(context.info, { operation, ...(path === undefined ? {} : { path }), ...meaning });
}
