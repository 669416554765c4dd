import { isKind, JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import {
  discard,
  type HttpAnswer,
  type HttpClient,
  type HttpRequest,
  httpClient,
} from "../../http/http_client.ts";
import { answerError, exchangeError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import { answerJson, asRecord, type JsonRecord, parseJson } from "../../http/http_json.ts";
import { answerText } from "../../http/http_read.ts";
import { readNetwork } from "../../http/network.ts";
import { type OtherServers, otherServers } from "../../http/other_servers.ts";
import { parseOptionValue } from "../../option_value.ts";
import type { OpenContext } from "../../service.ts";
import type { ObjectMeta, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { fileOf } from "./hdfs_names.ts";
import type { HdfsOptions } from "./hdfs_options.ts";

/** Data nodes whose connections are kept. */
const NODES_MAX = 32;
const ERROR_BYTES_MAX = 256 * 1024;

/** What every operation of one store works with. */
export interface HdfsContext {
  readonly info: StoreInfo;
  readonly options: HdfsOptions;
  readonly client: HttpClient;
  readonly nodes: OtherServers;
  readonly root: { found: boolean };
}

/** One request of the name node. */
export interface HdfsRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly op: string;
  /** The file, absolute and decoded, as {@link fileOf} gives it. */
  readonly file: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** One operation on one path. */
export type HdfsCall = HttpCall & { readonly path: string; readonly signal: AbortSignal | undefined };

/** Checks the connection. Talks to nobody. */
export function hdfsContext(
  connection: Connection,
  { options, context }: { readonly options: HdfsOptions; readonly context: OpenContext },
): HdfsContext {
  const { service, name, workDirectory, space } = connection;
  const endpoint =
    name === "" ? undefined : parseOptionValue("endpoint", `${options.tls ? "https" : "http"}:${name}`);
  if (endpoint === undefined) {
    const state =
      "the name node is missing; write hdfs://HOST:PORT/folder, with the port of its web interface";
    throw new JcsError("Usage", `Cannot open a space of service "hdfs": ${state}`);
  }
  const info = { service, name, workDirectory, space };
  const network = readNetwork(options, context);
  const nodes = otherServers({ serversMax: NODES_MAX, encrypted: options.tls, network });
  return { info, options, client: httpClient(endpoint, { network }), nodes, root: { found: false } };
}

/** Asks the name node and reads its answer. */
export async function ask(context: HdfsContext, call: HttpCall, wanted: HdfsRequest): Promise<JsonRecord> {
  const answer = await exchange(context, call, {
    client: context.client,
    method: wanted.method,
    path: addressOf(context, wanted),
  });
  return await answerJson(context.info, call, { answer });
}

/** Asks the name node which data node has or takes the bytes, and sends it the request. It gets nothing but the address that the name node gave,
 *  which holds what it needs to know: no header of ours goes to another host, and never without encryption what was asked with it. */
export async function transfer(
  context: HdfsContext,
  call: HttpCall,
  wanted: HdfsRequest & Pick<HttpRequest, "body">,
): Promise<HttpAnswer> {
  const { method, body } = wanted;
  const redirection = await exchange(context, call, {
    client: context.client,
    method,
    path: addressOf(context, wanted),
    accept: [307],
  });
  // HttpFS reads by itself.
  if (redirection.status === 200 && method === "GET") return redirection;
  discard(redirection);
  const target = URL.parse(redirection.headers["location"] ?? "");
  const node = target === null ? undefined : context.nodes.clientOf(target);
  if (redirection.status !== 307 || target === null || node === undefined) {
    const state = "the name node names no data node that can be used";
    throw storeError(context.info, { ...call, kind: "Unexpected", state });
  }
  return await exchange(context, call, {
    client: node,
    method,
    path: target.pathname + target.search,
    headers: method === "GET" ? {} : { "content-type": "application/octet-stream" },
    body,
  });
}

/** Throws `Unreachable` when the work directory is missing, which writing would make. */
export async function requireRoot(context: HdfsContext, call: HttpCall): Promise<void> {
  if (context.root.found && call.operation === "write") return;
  try {
    await ask(context, call, { method: "GET", op: "GETFILESTATUS", file: fileOf(context, "") });
    context.root.found = true;
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    throw storeError(context.info, { ...call, kind: "Unreachable", state: "its directory does not exist" });
  }
}

/** What is at a path, if anything. */
export async function findFile(
  context: HdfsContext,
  call: HttpCall & { readonly path: string },
): Promise<ObjectMeta | undefined> {
  try {
    const answer = await ask(context, call, {
      method: "GET",
      op: "GETFILESTATUS",
      file: fileOf(context, call.path),
    });
    const status = asRecord(answer["FileStatus"]);
    if (typeof status["type"] !== "string") throw strange(context, call);
    return metaOf(call.path, status);
  } catch (error) {
    // A file where a directory should be makes everything below it missing.
    if (isKind(error, "NotFound", "ConditionFailed")) return undefined;
    throw error;
  }
}

/** The error of a path at which no object is. */
export function missing(context: HdfsContext, { operation, path }: HdfsCall): JcsError {
  return storeError(context.info, { operation, path, kind: "NotFound", state: "no such object" });
}

/** The error of an answer that is JSON and not what the name node should send. */
export function strange(context: HdfsContext, { operation, path = "" }: HttpCall): JcsError {
  const state = "the answer is not what the name node should send";
  return storeError(context.info, { operation, path, kind: "Unexpected", state });
}

/** A file status of WebHDFS. */
export function metaOf(path: string, status: JsonRecord): ObjectMeta {
  const { type, length, modificationTime } = status;
  const modifiedAt = typeof modificationTime === "number" ? { modifiedAt: new Date(modificationTime) } : {};
  if (type === "DIRECTORY") return { path, kind: "directory", ...modifiedAt };
  if (type === "SYMLINK") return { path, kind: "link", ...modifiedAt };
  return { path, kind: "file", ...(typeof length === "number" ? { size: length } : {}), ...modifiedAt };
}

/** Ends all connections. */
export function closeConnections(context: HdfsContext): void {
  context.client.close();
  context.nodes.close();
}

function addressOf(context: HdfsContext, { op, file, query = {} }: HdfsRequest): string {
  const { user, delegation } = context.options;
  const who = delegation !== undefined ? { delegation } : user !== undefined ? { "user.name": user } : {};
  const parameters = Object.entries({ op, ...who, ...query }).map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  return `/webhdfs/v1${file.split("/").map(encodeURIComponent).join("/")}?${parameters.join("&")}`;
}

async function exchange(
  context: HdfsContext,
  call: HttpCall,
  wanted: Omit<HttpRequest, "signal"> & { readonly client: HttpClient; readonly accept?: readonly number[] },
): Promise<HttpAnswer> {
  const { client, accept = [], ...sent } = wanted;
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  let answer: HttpAnswer;
  try {
    answer = await client.send({ ...sent, signal: call.signal });
  } catch (failure) {
    throw exchangeError(context.info, call, failure);
  }
  if (answer.status < 300 || accept.includes(answer.status)) return answer;
  const text = await answerText(context.info, call, { answer, bytesMax: ERROR_BYTES_MAX }).catch(() => "");
  const { exception } = asRecord(parseJson(text)?.["RemoteException"]);
  const code = typeof exception === "string" && /^\w{1,80}$/.test(exception) ? exception : undefined;
  throw answerError(context.info, call, { ...answer, code, meaning: EXCEPTIONS[code ?? ""] });
}

/** What Hadoop's exceptions mean, most of which come with status 403. */
const EXCEPTIONS: Readonly<Record<string, Meaning>> = {
  FileNotFoundException: { kind: "NotFound", state: "no such object" },
  FileAlreadyExistsException: { kind: "AlreadyExists", state: "there is an object already" },
  ParentNotDirectoryException: {
    kind: "ConditionFailed",
    state: "an object is in the way where a directory is needed",
  },
  PathIsNotEmptyDirectoryException: { kind: "ConditionFailed", state: "the directory is not empty" },
  PathComponentTooLongException: {
    kind: "Usage",
    state: "a name in the path is longer than the cluster allows",
  },
  InvalidPathException: { kind: "Usage", state: "the cluster does not accept the path" },
  DSQuotaExceededException: { kind: "NoSpace", state: "the quota is used up" },
  NSQuotaExceededException: { kind: "NoSpace", state: "the quota is used up" },
  SafeModeException: { kind: "Unreachable", retry: "later", state: "the cluster is in safe mode" },
  StandbyException: { kind: "Unreachable", retry: "later", state: "this name node is in standby" },
  RetriableException: { kind: "Unreachable", retry: "later" },
  InvalidToken: { kind: "PermissionDenied", state: "the delegation token is invalid or has expired" },
};
