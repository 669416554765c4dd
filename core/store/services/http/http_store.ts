import { JcsError } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import { httpCredentials } from "../../http/http_credentials.ts";
import { answerError, exchangeError, type HttpCall } from "../../http/http_error.ts";
import { httpGet, strongTag } from "../../http/http_get.ts";
import { emptyStream } from "../../http/http_read.ts";
import { readNetwork } from "../../http/network.ts";
import { redirectingClient } from "../../http/redirecting_client.ts";
import { normalizePath } from "../../normalize_path.ts";
import { parseOptionValue } from "../../option_value.ts";
import type { OpenContext } from "../../service.ts";
import type { CallOptions, Capabilities, ObjectMeta, Store } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import type { HttpOptions } from "./http_options.ts";
import { type IndexContext, listIndexes } from "./list_indexes.ts";

const PATH_BYTES_MAX = 2048;

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readOnly: true,
  readRange: true,
  contentType: true,
  caseSensitive: true,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: PATH_BYTES_MAX,
};

/** Opens the folder of a web server that the connection names, to be read. Makes no request.
 *
 *  Redirects are followed; another server never sees the credential. `list` reads the pages on which servers show what is in a directory, and is
 *  `Unsupported` where there are none. */
export async function openHttpStore(
  connection: Connection,
  source: {
    readonly options: HttpOptions;
    readonly context: OpenContext;
    readonly protocol: "http" | "https";
  },
): Promise<Store> {
  const { service, name, workDirectory, space } = connection;
  const { options, protocol } = source;
  const info = { service, name, workDirectory, space };
  const endpoint = options.endpoint ?? parseOptionValue("endpoint", `${protocol}:${name}`);
  if (endpoint === undefined) {
    const state = `the host is missing or wrong; write ${service}://HOST[:PORT]/FOLDER`;
    throw new JcsError("Usage", `Cannot open a space of service "${service}": ${state}`);
  }
  const client = redirectingClient(endpoint, { network: readNetwork(options, source.context) });
  const secretHeaders = await httpCredentials(options.credential, {
    service,
    environmentPrefix: "HTTP",
    environment: source.context.environment,
  });
  const context: IndexContext = {
    info,
    async request(call, { accept = [], ...wanted }) {
      throwIfCancelled(info, { ...call, signal: call.signal });
      let answer: HttpAnswer;
      try {
        answer = await client.send({ ...wanted, secretHeaders, signal: call.signal });
      } catch (failure) {
        throw exchangeError(info, call, failure);
      }
      if (answer.status < 300 || accept.includes(answer.status)) return answer;
      discard(answer);
      const state = "there is a directory and no object";
      const isDirectory = pathOfLocation(answer, endpoint.url) === `${wanted.path}/`;
      const meaning = isDirectory ? ({ kind: "NotFound", state } as const) : undefined;
      throw answerError(info, call, { ...answer, meaning });
    },
  };
  const callOf = (operation: string, given: string, given2?: CallOptions) => {
    const path = normalizePath(given, workDirectory);
    const call = { operation, path, signal: given2?.signal };
    if (Buffer.byteLength(workDirectory + path) <= PATH_BYTES_MAX) return call;
    const state = `the path is longer than ${PATH_BYTES_MAX} bytes`;
    throw storeError(info, { kind: "Usage", operation, path, state });
  };
  const resourceOf = (path: string) => (workDirectory + path).split("/").map(encodeURIComponent).join("/");
  const stat = async (call: HttpCall & { readonly path: string }): Promise<ObjectMeta> => {
    const path = resourceOf(call.path);
    const head = await context.request(call, { method: "HEAD", path, accept: [405, 501] });
    discard(head);
    if (head.status < 300 && head.headers["content-length"] !== undefined) return metaOf(call.path, head);
    // Some servers know no HEAD, or leave out a length of 0.
    const answer = await context.request(call, { method: "GET", path });
    answer.body.destroy();
    return metaOf(call.path, answer);
  };
  const refuse = (operation: string, path: string, call: CallOptions | undefined): never => {
    const place = callOf(operation, path, call);
    throwIfCancelled(info, place);
    const state = "a web server can only be read";
    throw storeError(info, { operation, path: place.path, kind: "Unsupported", state });
  };
  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    stat: async (path, given) => await stat(callOf("stat", path, given)),
    async read(path, given = {}) {
      const call = callOf("read", path, given);
      if (given.length === 0) {
        const { etag } = await stat(call);
        if (given.ifMatch === undefined || etag === undefined || etag === given.ifMatch)
          return emptyStream(etag);
        const state = "the object is not the one that was expected";
        throw storeError(info, { operation: "read", path: call.path, kind: "ConditionFailed", state });
      }
      const send = (headers: Readonly<Record<string, string>>) =>
        context.request(call, { method: "GET", path: resourceOf(call.path), headers, accept: [416] });
      return await httpGet(info, call, { ...given, send });
    },
    async write(path, body, given) {
      try {
        return refuse("write", path, given);
      } finally {
        takeBody(body, { info, operation: "write", path }).end();
      }
    },
    remove: async (path, given) => refuse("remove", path, given),
    list: (prefix, given = {}) =>
      listIndexes(context, prefix, { ...given, resourceOf, pathBytesMax: PATH_BYTES_MAX }),
    async close() {
      client.close();
    },
  };
}

function pathOfLocation(answer: HttpAnswer, base: string): string | undefined {
  const { location } = answer.headers;
  return location === undefined ? undefined : URL.parse(location, base)?.pathname;
}

function metaOf(path: string, { headers }: HttpAnswer): ObjectMeta {
  const { "content-length": size, "content-type": contentType } = headers;
  const modifiedAt = new Date(headers["last-modified"] ?? "");
  const etag = strongTag(headers["etag"]);
  return {
    path,
    kind: "file",
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
    ...(etag === undefined ? {} : { etag }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}
