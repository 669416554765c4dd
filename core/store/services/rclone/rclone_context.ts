import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { isOwnName } from "../../files/reserved_names.ts";
import { type HttpAnswer, type HttpClient, httpClient } from "../../http/http_client.ts";
import { exchangeError, type HttpCall } from "../../http/http_error.ts";
import { answerJson, asRecord } from "../../http/http_json.ts";
import { normalizePath } from "../../normalize_path.ts";
import type { OpenContext } from "../../service.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type BodyServer, bodyServer } from "./body_server.ts";
import { rcloneError } from "./rclone_error.ts";
import { toRcloneName } from "./rclone_names.ts";
import type { RcloneOptions } from "./rclone_options.ts";
import { holdRclone, type RcloneHold } from "./shared_rclone.ts";

/** Longest path, work directory included, and longest name: of what rclone's backends have in common. */
export const PATH_BYTES_MAX = 1024;
export const NAME_BYTES_MAX = 255;

/** What every operation of one store works with. */
export interface RcloneContext {
  readonly info: StoreInfo;
  readonly options: RcloneOptions;
  readonly hold: RcloneHold;
  /** Connections to the rclone that runs now. */
  readonly connection: { client: HttpClient | undefined };
  readonly bodies: BodyServer;
  /** The remote with the work directory, as rclone writes it. */
  readonly remote: string;
  /** What the backend can do, in rclone's words. */
  readonly features: Readonly<Record<string, unknown>>;
  /** The root was seen to be there. */
  readonly root: { found: boolean };
}

/** Starts or joins rclone and asks it what the remote can do. */
export async function rcloneContext(
  connection: Connection,
  source: { readonly options: RcloneOptions; readonly environment: OpenContext["environment"] },
): Promise<RcloneContext> {
  const { service, name, workDirectory, space } = connection;
  const { options, environment } = source;
  const info = { service, name, workDirectory, space };
  const refuse = (state: string) =>
    new JcsError("Usage", `Cannot open a space of service "rclone": ${state}`);
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.+-]*$/u.test(name)) {
    throw refuse(
      "the name of the remote is missing or is none that rclone may have configured; write rclone://REMOTE/folder",
    );
  }
  if (/[\]\n]/.test(workDirectory)) throw refuse('the folder cannot hold "]" or a line feed');
  const hold = holdRclone({ program: options.program, config: options.config, environment });
  const remote = `${name}:${options.absolute ? "/" : ""}${workDirectory.slice(1, -1)}`;
  const bodies = bodyServer();
  const context = {
    info,
    options,
    hold,
    connection: { client: undefined },
    bodies,
    remote,
    features: {},
    root: { found: false },
  };
  try {
    const answer = await rc(
      context,
      { operation: "open" },
      { command: "operations/fsinfo", input: { fs: remote } },
    );
    return { ...context, features: asRecord(answer["Features"]) };
  } catch (error) {
    closeConnections(context);
    await hold.release();
    throw error;
  }
}

/** A path in its one spelling and as rclone knows it. `Usage` when there can be no such object. */
export function placeOf(
  context: RcloneContext,
  call: { readonly operation: string; readonly path: string },
): { readonly path: string; readonly name: string } {
  const path = normalizePath(call.path, context.info.workDirectory);
  const name = toRcloneName(path);
  const refuse = (state: string) =>
    storeError(context.info, { kind: "Usage", operation: call.operation, path, state });
  if (Buffer.byteLength(context.info.workDirectory.slice(1) + name) > PATH_BYTES_MAX) {
    throw refuse(`the path is longer than ${PATH_BYTES_MAX} bytes`);
  }
  for (const part of name.split("/")) {
    if (Buffer.byteLength(part) > NAME_BYTES_MAX)
      throw refuse(`a name in it is longer than ${NAME_BYTES_MAX} bytes`);
    if (isOwnName(part)) throw refuse("names of this form are jcs's own");
  }
  return { path, name };
}

/** Makes one remote call and reads its answer. */
export async function rc(
  context: Pick<RcloneContext, "info" | "hold" | "connection">,
  call: HttpCall,
  request: { readonly command: string; readonly input: Readonly<Record<string, unknown>> },
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await send(context, call, {
    method: "POST",
    path: `/${request.command}`,
    body: JSON.stringify({ ...request.input, _group: "jcs" }),
  });
  return await answerJson(context.info, call, { answer });
}

/** Makes one request of rclone. Resolves for statuses below 300; what else it answers is thrown. */
export async function send(
  context: Pick<RcloneContext, "info" | "hold" | "connection">,
  call: HttpCall,
  request: {
    readonly method: string;
    readonly path: string;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<HttpAnswer> {
  throwIfCancelled(context.info, { ...call, signal: call.signal });
  const { endpoint, authorization } = await context.hold.process();
  if (context.connection.client?.endpoint.port !== endpoint.port) {
    closeConnections(context);
    context.connection.client = httpClient(endpoint);
  }
  let answer: HttpAnswer;
  try {
    answer = await context.connection.client.send({
      method: request.method,
      path: request.path,
      headers: { authorization, "content-type": "application/json", ...request.headers },
      body: request.body === undefined ? undefined : Buffer.from(request.body),
      signal: call.signal,
    });
  } catch (failure) {
    throw exchangeError(context.info, call, failure);
  }
  if (answer.status < 300) return answer;
  throw await rcloneError(context.info, call, answer);
}

/** Ends the connections to rclone. */
export function closeConnections(context: Pick<RcloneContext, "connection">): void {
  context.connection.client?.close();
  context.connection.client = undefined;
}
