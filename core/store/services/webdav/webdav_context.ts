import { JcsError } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { decodeName, encodeName } from "../../encoded_name.ts";
import { isOwnName } from "../../files/reserved_names.ts";
import { discard, type HttpAnswer, type HttpRequest } from "../../http/http_client.ts";
import { httpCredentials } from "../../http/http_credentials.ts";
import { answerError, exchangeError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import { readNetwork } from "../../http/network.ts";
import { type RedirectingClient, redirectingClient } from "../../http/redirecting_client.ts";
import { normalizePath } from "../../normalize_path.ts";
import { parseOptionValue } from "../../option_value.ts";
import type { OpenContext } from "../../service.ts";
import type { Capabilities, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import type { WebdavOptions } from "./webdav_options.ts";

/** Longest path: percent-encoded, each byte takes three in a line of which servers read 8 KiB. */
export const PATH_BYTES_MAX = 2048;
/** Longest name on the file systems that most servers keep their files in. */
export const NAME_BYTES_MAX = 255;
/** Controls: no XML can hold them, and many servers refuse them. */
const REFUSED = /[\u0000-\u001f\u007f]/g;

/** What the service can do, whatever the server; one that is said to replace objects at once has `overwriteAtomic`, too. */
export const WEBDAV_CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  // Servers look and then move: two writers may both find nothing.
  writeIfAbsent: false,
  caseSensitive: true,
  directories: true,
  copy: true,
  move: true,
  // By MOVE most servers remove the old object before they rename.
  overwriteAtomic: false,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: NAME_BYTES_MAX,
};

/** What every operation of one store works with. */
export interface WebdavContext {
  readonly info: StoreInfo;
  readonly options: WebdavOptions;
  readonly client: RedirectingClient;
  /** Headers that show who asks. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  /** Whether a PUT on this server replaces an object at once: as configured, or else as {@link replacesAtOnce} found it. */
  atomicPut: boolean | undefined;
}

/** Finds endpoint and credential. Talks to nobody. */
export async function webdavContext(
  connection: Connection,
  { options, context }: { readonly options: WebdavOptions; readonly context: OpenContext },
): Promise<WebdavContext> {
  const { service, name, workDirectory, space } = connection;
  const endpoint = options.endpoint ?? parseOptionValue("endpoint", `https:${name}`);
  if (endpoint === undefined)
    throw refused('the host is missing; write webdav://HOST/FOLDER or add "endpoint"');
  if (options.part_size < 1) throw refused('option "part_size" must be 1 or more');
  if (options.part_concurrency < 1) throw refused('option "part_concurrency" must be 1 or more');
  const { environment } = context;
  return {
    info: { service, name, workDirectory, space },
    options,
    client: redirectingClient(endpoint, { network: readNetwork(options, context) }),
    atomicPut: options.atomic_put,
    secretHeaders: await httpCredentials(options.credential, {
      service,
      environmentPrefix: "WEBDAV",
      environment,
    }),
  };
}

/** The path in its one spelling. `Usage` when there can be no such object. */
export function pathOf(
  context: WebdavContext,
  call: { readonly operation: string; readonly path: string },
): string {
  const path = normalizePath(call.path, context.info.workDirectory);
  const refuse = (state: string) =>
    storeError(context.info, { kind: "Usage", operation: call.operation, path, state });
  const names = path.split("/");
  if (names.some(isOwnName)) throw refuse("the name is one that jcs keeps for itself");
  const encoded = names.map((name) => encodeName(name, REFUSED));
  if (encoded.some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX)) {
    throw refuse(`a name in the path is longer than ${NAME_BYTES_MAX} bytes`);
  }
  if (Buffer.byteLength(context.info.workDirectory + encoded.join("/")) > PATH_BYTES_MAX) {
    throw refuse(`the path is longer than ${PATH_BYTES_MAX} bytes`);
  }
  return path;
}

/** The resource of a path, percent-encoded for a request. A directory's ends with a slash when `directory` is set. */
export function resourceOf(
  context: WebdavContext,
  path: string,
  { directory = false }: { readonly directory?: boolean } = {},
): string {
  const full = context.info.workDirectory + encodeName(path, REFUSED);
  const encoded = full.split("/").map(encodeURIComponent).join("/").replace(/\/$/, "");
  return directory || encoded === "" ? `${encoded}/` : encoded;
}

/** A resource as the header `Destination` names it: with the server, because old servers understand nothing else. */
export function destinationOf(context: WebdavContext, resource: string): string {
  return new URL(context.client.endpoint.url).origin + resource;
}

/** The directory that a path lies in; empty for the work directory. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** The name that a resource's own name stands for; `undefined` for one that no operation could name. */
export function nameOf(name: string): string | undefined {
  const decoded = decodeName(name);
  if (encodeName(decoded, REFUSED) !== name || decoded === "." || decoded === "..") return undefined;
  return /[\\/\0]/.test(decoded) || !decoded.isWellFormed() ? undefined : decoded;
}

/** One request. */
export type WebdavRequest = Omit<HttpRequest, "signal"> & {
  /** Statuses of 300 and above that are handed back. */
  readonly accept?: readonly number[];
};

/** Makes one request and turns its failure, or an answer of status 300 and above that is not among `accept`, into a `JcsError`. */
export async function request(
  context: WebdavContext,
  call: HttpCall,
  { accept = [], ...wanted }: WebdavRequest,
): Promise<HttpAnswer> {
  const { info, client, secretHeaders } = context;
  throwIfCancelled(info, { ...call, signal: call.signal });
  let answer: HttpAnswer;
  try {
    answer = await client.send({ ...wanted, secretHeaders, signal: call.signal });
  } catch (failure) {
    throw exchangeError(info, call, failure);
  }
  const { status } = answer;
  if (status < 300 || accept.includes(status)) return answer;
  discard(answer);
  throw answerError(info, call, { ...answer, meaning: meaningOf(wanted.method, status) });
}

/** Servers that are known to write what a PUT brings to a file of their own and to rename that: mod_dav_fs, Nextcloud and ownCloud. */
const ATOMIC_SERVERS = /<http:\/\/apache\.org\/dav\/propset\/fs\/1>|\b(?:nextcloud|nc|oc)-/;

/** Whether a PUT on this server replaces an object at once, so that nobody ever sees a part of one: asked once, by what the server says of itself. */
export async function replacesAtOnce(context: WebdavContext, call: HttpCall): Promise<boolean> {
  if (context.atomicPut !== undefined) return context.atomicPut;
  const path = resourceOf(context, "", { directory: true });
  const answer = await request(context, call, { method: "OPTIONS", path, accept: [404, 405, 501] });
  discard(answer);
  const known = ATOMIC_SERVERS.test(answer.headers["dav"] ?? "");
  if (answer.status < 300) context.atomicPut = known;
  return known;
}

function meaningOf(method: string, status: number): Meaning | undefined {
  if (status === 401) {
    return { kind: "PermissionDenied", state: "the server does not accept the credential (status 401)" };
  }
  if (method === "PROPFIND" && (status === 405 || status === 501)) {
    return { kind: "Config", state: `the server does not speak WebDAV there (status ${status})` };
  }
  if (status === 409) return { kind: "ConditionFailed", state: "a directory is missing (status 409)" };
  return undefined;
}

function refused(state: string): JcsError {
  return new JcsError("Usage", `Cannot open a space of service "webdav": ${state}`);
}
