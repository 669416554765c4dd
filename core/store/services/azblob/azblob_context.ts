import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { decodeName, encodeName } from "../../encoded_name.ts";
import { type HttpAnswer, type HttpClient, type HttpRequest, httpClient } from "../../http/http_client.ts";
import { exchangeError, type HttpCall } from "../../http/http_error.ts";
import { type Network, readNetwork } from "../../http/network.ts";
import { normalizePath } from "../../normalize_path.ts";
import { parseOptionValue } from "../../option_value.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type AzblobCredential, azblobCredentials } from "./azblob_credentials.ts";
import { azblobError } from "./azblob_error.ts";
import type { AzblobOptions } from "./azblob_options.ts";

/** Longest name of a blob, in characters; paths may have as many bytes. */
export const NAME_CHARACTERS_MAX = 1024;
const SEGMENTS_MAX = 254;
const API_VERSION = "2021-12-02";
/** What blobs must not hold: controls, what is no character, and a dot at the end of a name. */
const REFUSED = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\.(?=\/|$)/g;

/** What every operation of one store works with. */
export interface AzblobContext {
  readonly info: StoreInfo;
  readonly options: AzblobOptions;
  readonly credential: AzblobCredential;
  readonly client: HttpClient;
  readonly network: Network;
  /** The path of the container in requests: `/container`, or `/account/container`. */
  readonly containerPath: string;
  /** What stands before the encoded paths in names of blobs: empty or ending with `/`. */
  readonly namePrefix: string;
}

/** A path in its one spelling, and the name of its blob. */
export interface Place {
  readonly path: string;
  readonly blob: string;
}

/** One request to the container or a blob in it. */
export interface AzblobRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** The name of the blob; the container itself unless given. */
  readonly blob?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Checks the options against each other and finds the credential. Talks to nobody. */
export async function azblobContext(
  connection: Connection,
  { options, context }: { readonly options: AzblobOptions; readonly context: OpenContext },
): Promise<AzblobContext> {
  const { service, name, workDirectory, space } = connection;
  if (!/^(?:[a-z0-9](?:-?[a-z0-9]){2,62}|\$root|\$web)$/.test(name)) {
    throw refused(
      "the container is missing or has a name that Azure does not accept; write azblob://CONTAINER",
    );
  }
  if (options.part_size < 1) throw refused('option "part_size" must be 1 or more');
  if (options.part_concurrency < 1) throw refused('option "part_concurrency" must be 1 or more');
  const credential = await azblobCredentials(options, context);
  const { account } = credential;
  const endpoint = options.endpoint ?? parseOptionValue("endpoint", `https:${account}.blob.core.windows.net`);
  if (endpoint === undefined || (options.endpoint === undefined && account === "")) {
    throw refused('the account is missing; add "account" or "endpoint"');
  }
  const host = endpoint.host.replace(/^\[|\]$/g, "");
  const pathStyle = options.path_style ?? (host === "localhost" || isIP(host) !== 0);
  if (pathStyle && account === "") throw refused('the account is missing; add "account"');
  const network = readNetwork(options, context);
  return {
    info: { service, name, workDirectory, space },
    options,
    credential,
    client: httpClient(endpoint, { network }),
    network,
    containerPath: pathStyle ? `/${account}/${name}` : `/${name}`,
    namePrefix: encodeName(workDirectory.slice(1), REFUSED),
  };
}

/** Where `path` lies. `Usage` when there can be no such blob. */
export function placeOf(
  context: AzblobContext,
  call: { readonly operation: string; readonly path: string },
): Place {
  const path = normalizePath(call.path, context.info.workDirectory);
  const blob = context.namePrefix + encodeName(path, REFUSED);
  const refuse = (state: string) =>
    storeError(context.info, { kind: "Usage", operation: call.operation, path, state });
  const bytes = Buffer.byteLength(context.info.workDirectory.slice(1) + path);
  if (bytes > NAME_CHARACTERS_MAX || blob.length > NAME_CHARACTERS_MAX) {
    throw refuse(`the path is longer than ${NAME_CHARACTERS_MAX} bytes`);
  }
  if (blob.split("/").length > SEGMENTS_MAX) throw refuse(`the path has more than ${SEGMENTS_MAX} names`);
  return { path, blob };
}

/** The name of a directory's blobs up to its last slash; empty for the top of the container. */
export function prefixOf(context: AzblobContext, directory: string): string {
  return context.namePrefix + (directory === "" ? "" : `${encodeName(directory, REFUSED)}/`);
}

/** The path of a blob that lies in the work directory; `undefined` for a name that is no path. */
export function pathOf(context: AzblobContext, blob: string): string | undefined {
  if (!blob.startsWith(context.namePrefix)) return undefined;
  const name = blob.slice(context.namePrefix.length);
  const path = decodeName(name);
  if (encodeName(path, REFUSED) !== name) return undefined;
  try {
    return normalizePath(path, context.info.workDirectory) === path ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Makes one request and turns its failure, or an answer of status 300 and above that is not among `accept`, into a `JcsError`. */
export async function request(
  context: AzblobContext,
  call: HttpCall,
  wanted: AzblobRequest,
  { accept = [] }: { readonly accept?: readonly number[] } = {},
): Promise<HttpAnswer> {
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  let answer: HttpAnswer;
  try {
    answer = await context.client.send({ ...signed(context, wanted), signal: call.signal });
  } catch (failure) {
    throw exchangeError(context.info, call, failure);
  }
  if (answer.status < 300 || accept.includes(answer.status)) return answer;
  throw azblobError(context.info, call, answer);
}

/** The address of a blob, with the credential in it where it is a token. */
export function addressOf(context: AzblobContext, blob: string): string {
  const { client, credential } = context;
  const { protocol, host, port } = client.endpoint;
  const usual = port === (protocol === "https" ? 443 : 80);
  const query = credential.kind === "sas" ? `?${credential.token}` : "";
  return `${protocol}://${host}${usual ? "" : `:${port}`}${pathOfBlob(context, blob)}${query}`;
}

/** A request with its signature.
 *  Source: Azure documentation, "Authorize with Shared Key", version 2015-02-21 and later. */
function signed(context: AzblobContext, wanted: AzblobRequest): HttpRequest {
  const { method, blob, query = {}, body } = wanted;
  const { credential } = context;
  const headers: Record<string, string> = {
    ...wanted.headers,
    "x-ms-version": API_VERSION,
    "x-ms-date": new Date().toUTCString(),
  };
  const path = blob === undefined ? context.containerPath : pathOfBlob(context, blob);
  const parameters = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  if (credential.kind === "sas") parameters.push(credential.token);
  if (credential.kind === "key") {
    const own = Object.keys(headers)
      .filter((name) => name.startsWith("x-ms-"))
      .sort();
    const text = [
      method,
      ...["content-encoding", "content-language"].map((name) => headers[name] ?? ""),
      body === undefined || body.length === 0 ? "" : String(body.length),
      ...["content-md5", "content-type", "date", "if-modified-since"].map((name) => headers[name] ?? ""),
      ...["if-match", "if-none-match", "if-unmodified-since", "range"].map((name) => headers[name] ?? ""),
      ...own.map((name) => `${name}:${headers[name]}`),
      `/${credential.account}${path}`,
      ...Object.keys(query)
        .sort()
        .map((key) => `${key}:${query[key]}`),
    ].join("\n");
    const signature = createHmac("sha256", credential.key).update(text).digest("base64");
    headers["authorization"] = `SharedKey ${credential.account}:${signature}`;
  }
  return {
    method,
    path: parameters.length === 0 ? path : `${path}?${parameters.join("&")}`,
    headers,
    body,
  };
}

function pathOfBlob(context: AzblobContext, blob: string): string {
  return `${context.containerPath}/${blob.split("/").map(encodeURIComponent).join("/")}`;
}

function refused(state: string): JcsError {
  return new JcsError("Usage", `Cannot open a space of service "azblob": ${state}`);
}
