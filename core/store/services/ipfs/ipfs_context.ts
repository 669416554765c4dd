import { isKind, JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { type HttpAnswer, type HttpClient, type HttpRequest, httpClient } from "../../http/http_client.ts";
import { httpCredentials } from "../../http/http_credentials.ts";
import { exchangeError, type HttpCall } from "../../http/http_error.ts";
import { answerJson, type JsonRecord } from "../../http/http_json.ts";
import { answerText } from "../../http/http_read.ts";
import { readNetwork } from "../../http/network.ts";
import { normalizePath } from "../../normalize_path.ts";
import type { OpenContext } from "../../service.ts";
import type { ObjectMeta, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { refusalError, wordsError } from "./ipfs_error.ts";
import type { IpfsOptions } from "./ipfs_options.ts";

/** The longest name that the node's files can have on a disk, where `ipfs get` and `ipfs mount` put them. */
export const NAME_BYTES_MAX = 255;
/** Longest path: percent-encoded, each byte takes three in an address that may hold it beside others. */
export const PATH_BYTES_MAX = 4096;
const TEXT_BYTES_MAX = 256 * 1024;

/** What every operation of one store works with. */
export interface IpfsContext {
  readonly info: StoreInfo;
  readonly client: HttpClient;
  /** Headers that show who asks. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly root: { found: boolean };
}

/** One operation on one path, which is in its one spelling. */
export type PathCall = HttpCall & { readonly path: string; readonly signal: AbortSignal | undefined };

/** A file or directory as the node tells of it. */
export interface Found {
  readonly meta: ObjectMeta;
  /** The identifier of its content, which never changes. */
  readonly cid: string;
  readonly isEmpty: boolean;
}

/** Checks the connection and finds the credential. Talks to nobody. */
export async function ipfsContext(
  connection: Connection,
  { options, context }: { readonly options: IpfsOptions; readonly context: OpenContext },
): Promise<IpfsContext> {
  const { service, name, workDirectory, space } = connection;
  const refused = (state: string) => new JcsError("Usage", `Cannot open a space of service "ipfs": ${state}`);
  if (name !== "")
    throw refused('the node is named by option "endpoint"; write ipfs:///FOLDER?endpoint=http:HOST:PORT');
  if (workDirectory === "/") {
    throw refused("the folder is missing; write ipfs:///FOLDER, and make it with: ipfs files mkdir /FOLDER");
  }
  // kubo takes such a path of its files for one of its contents.
  if (/^\/ip(?:fs|ns|ld)\//.test(workDirectory))
    throw refused("its first folder must not be ipfs, ipns or ipld");
  const { environment } = context;
  return {
    info: { service, name, workDirectory, space },
    client: httpClient(options.endpoint, { network: readNetwork(options, context) }),
    secretHeaders: await httpCredentials(options.credential, {
      service,
      environmentPrefix: "IPFS",
      environment,
    }),
    root: { found: false },
  };
}

/** A path in its one spelling. `Usage` when there can be no such file. */
export function callOf(
  context: IpfsContext,
  call: { readonly operation: string; readonly path: string; readonly signal: AbortSignal | undefined },
): PathCall {
  const { operation, signal } = call;
  const path = normalizePath(call.path, context.info.workDirectory);
  const refuse = (state: string) => storeError(context.info, { kind: "Usage", operation, path, state });
  if (Buffer.byteLength(context.info.workDirectory + path) > PATH_BYTES_MAX)
    throw refuse(`the path is longer than ${PATH_BYTES_MAX} bytes`);
  if (path.split("/").some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX))
    throw refuse(`a name in it is longer than ${NAME_BYTES_MAX} bytes`);
  return { operation, path, signal };
}

/** The file of a path of the store, as the node names it. */
export function fileOf(context: IpfsContext, path: string): string {
  return path === "" ? context.info.workDirectory.slice(0, -1) : context.info.workDirectory + path;
}

/** One command of the RPC API. */
export interface Command {
  /** For example `files/stat`. */
  readonly name: string;
  readonly args?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpRequest["body"];
}

/** Gives the node a command. Throws what its refusal stands for. */
export async function send(context: IpfsContext, call: HttpCall, command: Command): Promise<HttpAnswer> {
  const { name, args = [], options = {}, headers = {}, body } = command;
  const query = [...args.map((arg) => ["arg", arg] as const), ...Object.entries(options)]
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join("&");
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  const answer = await context.client
    .send({
      method: "POST",
      path: `/api/v0/${name}${query === "" ? "" : `?${query}`}`,
      headers: { ...headers, ...context.secretHeaders },
      body,
      signal: call.signal,
    })
    .catch((failure: unknown) => {
      throw exchangeError(context.info, call, failure);
    });
  if (answer.status < 300) return answer;
  const text = await answerText(context.info, call, { answer, bytesMax: TEXT_BYTES_MAX }).catch(() => "");
  throw refusalError(context.info, call, { ...answer, text });
}

/** Throws what the trailer of an answer that was read to its end says: an error that came after the head. */
export function throwStreamError(context: IpfsContext, call: HttpCall, answer: HttpAnswer): void {
  const words = answer.body.trailers["x-stream-error"];
  if (words !== undefined) throw wordsError(context.info, call, { ...answer, words });
}

/** Gives the node a command whose answer is one JSON object. */
export async function ask(context: IpfsContext, call: HttpCall, command: Command): Promise<JsonRecord> {
  const answer = await send(context, call, command);
  const record = await answerJson(context.info, call, { answer });
  throwStreamError(context, call, answer);
  return record;
}

/** Gives the node a command that has no result: what it says all the same is what went wrong. */
export async function order(context: IpfsContext, call: HttpCall, command: Command): Promise<void> {
  const answer = await send(context, call, command);
  const text = await answerText(context.info, call, { answer, bytesMax: TEXT_BYTES_MAX });
  if (text.trim() !== "") throw wordsError(context.info, call, { ...answer, words: text });
  throwStreamError(context, call, answer);
}

/** What `file` is, if it is there: a file of the node, or `/ipfs/` and an identifier. */
export async function look(context: IpfsContext, call: PathCall, file: string): Promise<Found | undefined> {
  let record: JsonRecord;
  try {
    record = await ask(context, call, { name: "files/stat", args: [file] });
  } catch (error) {
    // A file where a directory should be makes everything below it missing.
    if (isKind(error, "NotFound", "ConditionFailed")) return undefined;
    throw error;
  }
  const { Hash: cid, Size: size, Type: type, Blocks: blocks, Mtime: seconds } = record;
  if (
    typeof cid !== "string" ||
    !/^[0-9A-Za-z]+$/.test(cid) ||
    typeof size !== "number" ||
    (type !== "file" && type !== "directory")
  ) {
    throw storeError(context.info, {
      ...call,
      kind: "Unexpected",
      state: "the node does not say what is there",
    });
  }
  const modifiedAt = typeof seconds === "number" ? { modifiedAt: new Date(seconds * 1000) } : {};
  const { path } = call;
  const meta: ObjectMeta =
    type === "directory"
      ? { path, kind: "directory", ...modifiedAt }
      : { path, kind: "file", size, etag: cid, ...modifiedAt };
  return { meta, cid, isEmpty: blocks === 0 };
}

/** As {@link look} at a path of the store. `NotFound` when nothing is there, `Unreachable` when its folder is missing, too. */
export async function find(context: IpfsContext, call: PathCall): Promise<Found> {
  const found = await look(context, call, fileOf(context, call.path));
  if (found !== undefined) return found;
  await requireRoot(context, call);
  throw missing(context, call);
}

/** Throws `Unreachable` when the work directory is missing, which writing would make. */
export async function requireRoot(context: IpfsContext, call: PathCall): Promise<void> {
  if (context.root.found && call.operation === "write") return;
  const found = await look(context, call, fileOf(context, ""));
  if (found?.meta.kind !== "directory") {
    const state = `the folder does not exist; make it with: ipfs files mkdir -p ${fileOf(context, "")}`;
    throw storeError(context.info, { ...call, kind: "Unreachable", state });
  }
  context.root.found = true;
}

/** The error of a path at which no object is. */
export function missing(context: IpfsContext, { operation, path }: PathCall): JcsError {
  return storeError(context.info, { operation, path, kind: "NotFound", state: "no such object" });
}
