import { randomBytes } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import { type Entry, type FakeTree, hashOf, Malformed, metadata, Refused } from "./fake_dropbox_tree.ts";

/** An answer of the fake. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The routes of the fake, and what they remember between requests. */
export interface FakeDropboxRoutes {
  /** Whether the server of bytes has the route. Throws for one that nobody has. */
  isContent(route: string): boolean;
  run(route: string, call: Call & { readonly text: string }): Promise<Reply>;
  /** Serves a temporary link; `undefined` for any other request. */
  followLink(incoming: IncomingMessage, body: Buffer): Reply | undefined;
  openSessions(): number;
}

interface Call {
  readonly tree: FakeTree;
  readonly body: Buffer;
  readonly incoming: IncomingMessage;
}

type Argument = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, "string" | "boolean" | "number" | "object" | "mode">>;

const REQUEST_BYTES_MAX = 150 * 1024 * 1024;
const COMMIT: Fields = {
  path: "string",
  mode: "mode",
  autorename: "boolean",
  mute: "boolean",
  strict_conflict: "boolean",
};
const RELOCATION: Fields = { from_path: "string", to_path: "string", autorename: "boolean" };

/** The arguments of each route: those before the bar must be there. */
const ROUTES: Readonly<
  Record<string, { readonly content?: true; readonly needs: Fields; readonly may?: Fields }>
> = {
  "files/upload": { content: true, needs: { path: "string" }, may: { ...COMMIT, content_hash: "string" } },
  "files/download": { content: true, needs: { path: "string" } },
  "files/upload_session/start": {
    content: true,
    needs: {},
    may: { close: "boolean", content_hash: "string" },
  },
  "files/upload_session/append_v2": {
    content: true,
    needs: { cursor: "object" },
    may: { close: "boolean", content_hash: "string" },
  },
  "files/upload_session/finish": {
    content: true,
    needs: { cursor: "object", commit: "object" },
    may: { content_hash: "string" },
  },
  "files/get_metadata": { needs: { path: "string" } },
  "files/list_folder": { needs: { path: "string" }, may: { recursive: "boolean", limit: "number" } },
  "files/list_folder/continue": { needs: { cursor: "string" } },
  "files/delete_v2": { needs: { path: "string" }, may: { parent_rev: "string" } },
  "files/copy_v2": { needs: RELOCATION },
  "files/move_v2": { needs: RELOCATION },
  "files/create_folder_v2": { needs: { path: "string" }, may: { autorename: "boolean" } },
  "files/get_temporary_link": { needs: { path: "string" } },
  "files/get_temporary_upload_link": { needs: { commit_info: "object" }, may: { duration: "number" } },
  "files/save_url": { needs: { path: "string", url: "string" } },
  "files/save_url/check_job_status": { needs: { async_job_id: "string" } },
};

/** The routes of a fake whose links lead to `port`. */
export function fakeDropboxRoutes(port: number): FakeDropboxRoutes {
  const sessions = new Map<string, { bytes: Buffer; closed: boolean }>();
  const cursors = new Map<
    string,
    { readonly tree: FakeTree; readonly left: string[]; readonly limit: number }
  >();
  const links = new Map<
    string,
    { readonly entry: Entry } | { readonly tree: FakeTree; readonly commit: Argument }
  >();
  const jobs = new Map<string, Record<string, unknown>>();
  const newId = () => randomBytes(12).toString("hex");

  const cursorOf = (argument: Argument, outer: readonly string[]) => {
    const { session_id: id, offset } = check(argument["cursor"] as Argument, {
      needs: { session_id: "string", offset: "number" },
    });
    const session = sessions.get(String(id));
    if (session === undefined) throw new Refused([...outer, "not_found"]);
    if (session.closed) throw new Refused([...outer, "closed"]);
    if (session.bytes.length !== offset) {
      throw new Refused([...outer, "incorrect_offset"], { correct_offset: session.bytes.length });
    }
    return { id: String(id), session };
  };
  const nextPage = (cursor: string): Record<string, unknown> => {
    const state = cursors.get(cursor);
    if (state === undefined) throw new Malformed('cursor: Invalid "cursor" parameter');
    const entries = state.left.splice(0, state.limit).map((key) => {
      const entry = state.tree.entries.get(key);
      if (entry !== undefined) return metadata(entry);
      return {
        ".tag": "deleted",
        name: key.slice(key.lastIndexOf("/") + 1),
        path_lower: key,
        path_display: key,
      };
    });
    return { entries, cursor, has_more: state.left.length > 0 };
  };

  const handlers: Readonly<
    Record<string, (argument: Argument, call: Call) => Reply | Record<string, unknown>>
  > = {
    "files/upload"(argument, { tree, body }) {
      checkBytes(argument, body);
      try {
        return metadata(tree.commit(argument, body, ["path"]), false);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        throw new Refused(error.tags, { upload_session_id: newId() });
      }
    },
    "files/download": ({ path }, { tree, incoming, body }) => {
      if (body.length > 0) throw new Malformed("Non-empty HTTP request body");
      const type = incoming.headers["content-type"];
      if (type !== undefined && !/^(text\/plain|application\/octet-stream)/.test(type)) {
        throw new Malformed('Bad HTTP "Content-Type" header');
      }
      const entry = tree.find(String(path), "path");
      if (entry.kind === "folder") throw new Refused(["path", "not_file"]);
      return download(entry, incoming.headers.range);
    },
    "files/upload_session/start"(argument, { body }) {
      checkBytes(argument, body);
      const id = `pid_upload_session:${newId()}`;
      sessions.set(id, { bytes: Buffer.from(body), closed: argument["close"] === true });
      return { session_id: id };
    },
    "files/upload_session/append_v2"(argument, { body }) {
      const { session } = cursorOf(argument, []);
      checkBytes(argument, body);
      session.bytes = Buffer.concat([session.bytes, body]);
      session.closed = argument["close"] === true;
      return { status: 200, headers: { "content-type": "application/json" }, body: "null" };
    },
    "files/upload_session/finish"(argument, { tree, body }) {
      const { id, session } = cursorOf(argument, ["lookup_failed"]);
      checkBytes(argument, body);
      session.bytes = Buffer.concat([session.bytes, body]);
      const commit = check(argument["commit"] as Argument, { needs: { path: "string" }, may: COMMIT });
      const made = tree.commit(commit, session.bytes, ["path"]);
      sessions.delete(id);
      return metadata(made, false);
    },
    "files/get_metadata"({ path }, { tree }) {
      if (path === "") throw new Malformed("path: The root folder is unsupported.");
      return metadata(tree.find(String(path), "path"));
    },
    "files/list_folder"({ path, recursive = false, limit = 2000 }, { tree }) {
      if (path === "/")
        throw new Malformed('path: Specify the root folder as an empty string rather than as "/".');
      if (!(Number(limit) >= 1 && Number(limit) <= 2000)) throw new Malformed("limit: out of range");
      const cursor = newId();
      const left = [...tree.below(String(path), recursive === true)];
      cursors.set(cursor, { tree, left, limit: Number(limit) });
      return nextPage(cursor);
    },
    "files/list_folder/continue": ({ cursor }) => nextPage(String(cursor)),
    "files/delete_v2": ({ path, parent_rev: rev }, { tree }) => ({
      metadata: metadata(tree.remove(String(path), rev)),
    }),
    "files/copy_v2": ({ from_path: from, to_path: to }, { tree }) => ({
      metadata: metadata(tree.relocate(String(from), String(to), "copy")),
    }),
    "files/move_v2": ({ from_path: from, to_path: to }, { tree }) => ({
      metadata: metadata(tree.relocate(String(from), String(to), "move")),
    }),
    "files/create_folder_v2": ({ path }, { tree }) => ({
      metadata: metadata(tree.makeFolder(String(path), ["path"]), false),
    }),
    "files/get_temporary_link"({ path }, { tree }) {
      const entry = tree.find(String(path), "path");
      if (entry.kind === "folder") throw new Refused(["path", "not_file"]);
      const id = newId();
      links.set(`GET /cd/0/get/${id}/file`, { entry });
      return { metadata: metadata(entry, false), link: `http://127.0.0.1:${port}/cd/0/get/${id}/file` };
    },
    "files/get_temporary_upload_link"({ commit_info: info, duration = 14_400 }, { tree }) {
      if (!(Number(duration) >= 60 && Number(duration) <= 14_400))
        throw new Malformed("duration: out of range");
      const commit = check(info as Argument, { needs: { path: "string" }, may: COMMIT });
      const id = newId();
      links.set(`POST /apitul/1/${id}`, { tree, commit });
      return { link: `http://127.0.0.1:${port}/apitul/1/${id}` };
    },
    "files/save_url"({ path, url }, { tree }) {
      if (URL.parse(String(url)) === null) throw new Refused(["invalid_url"]);
      const id = newId();
      jobs.set(id, { ".tag": "in_progress" });
      fetchBytes(String(url)).then(
        (bytes) => {
          const made = tree.commit({ path }, bytes, ["path"]);
          jobs.set(id, { ".tag": "complete", ...metadata(made, false) });
        },
        () => jobs.set(id, { ".tag": "failed", failed: { ".tag": "download_failed" } }),
      );
      return { ".tag": "async_job_id", async_job_id: id };
    },
    "files/save_url/check_job_status"({ async_job_id: id }) {
      const job = jobs.get(String(id));
      if (job === undefined) throw new Refused(["invalid_async_job_id"]);
      return job;
    },
  };

  return {
    openSessions: () => sessions.size,
    isContent(route) {
      const known = ROUTES[route];
      if (known === undefined) throw new Malformed(`Unknown API function: "${route}"`);
      return known.content === true;
    },
    async run(route, { text, ...call }) {
      const known = ROUTES[route];
      const handler = handlers[route];
      if (known === undefined || handler === undefined) throw new Malformed("Unknown API function");
      const isUpload = known.content === true && route !== "files/download";
      if (isUpload && call.incoming.headers["content-type"] !== "application/octet-stream") {
        throw new Malformed('Bad HTTP "Content-Type" header');
      }
      const result = handler(check(JSON.parse(text) as Argument, known), call);
      if (isReply(result)) return result;
      return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(result) };
    },
    followLink(incoming, body) {
      const line = `${incoming.method} ${incoming.url}`;
      if (!/^(GET \/cd|POST \/apitul)\//.test(line)) return undefined;
      const link = links.get(line);
      if (link === undefined) return { status: 410, body: "Gone" };
      if (incoming.headers.authorization !== undefined) return { status: 400, body: "no credentials here" };
      if ("entry" in link) {
        if (link.entry.kind === "folder") return { status: 409 };
        return download(link.entry, incoming.headers.range);
      }
      if (incoming.headers["content-type"] !== "application/octet-stream") return { status: 400 };
      links.delete(line);
      link.tree.commit(link.commit, body, ["path"]);
      return { status: 200, body: JSON.stringify({ "content-hash": hashOf(body) }) };
    },
  };
}

/** The argument, when it holds what it must and nothing that nobody knows. */
function check(argument: Argument, fields: { readonly needs: Fields; readonly may?: Fields }): Argument {
  const { needs, may = {} } = fields;
  for (const name of Object.keys(needs)) {
    if (argument[name] === undefined) throw new Malformed(`missing required field '${name}'`);
  }
  for (const [name, value] of Object.entries(argument)) {
    const type = needs[name] ?? may[name];
    const isRight = type === "mode" ? value === "add" || value === "overwrite" : typeof value === type;
    if (!isRight) throw new Malformed(`${type === undefined ? "unknown" : "wrong"} field '${name}'`);
  }
  if (argument["autorename"] === true) throw new Malformed("the fake does not rename");
  return argument;
}

function checkBytes({ content_hash: hash }: Argument, body: Buffer): void {
  if (body.length > REQUEST_BYTES_MAX) throw new Refused(["payload_too_large"]);
  if (hash !== undefined && hash !== hashOf(body)) throw new Refused(["content_hash_mismatch"]);
}

function download(entry: Extract<Entry, { readonly kind: "file" }>, range: string | undefined): Reply {
  const { bytes, rev } = entry;
  const result = JSON.stringify(metadata(entry, false)).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    "dropbox-api-result": result,
    etag: `W/"${rev}"`,
  };
  if (range === undefined) return { status: 200, headers, body: bytes };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (first === undefined || Number(first) >= bytes.length) {
    return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  }
  const end = last ? Math.min(Number(last) + 1, bytes.length) : bytes.length;
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${first}-${end - 1}/${bytes.length}` },
    body: bytes.subarray(Number(first), end),
  };
}

function isReply(result: Reply | Record<string, unknown>): result is Reply {
  return typeof result["status"] === "number";
}

async function fetchBytes(url: string): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    get(url, (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        reject(new Error(`status ${answer.statusCode}`));
        return;
      }
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve(Buffer.concat(chunks)));
      answer.on("error", reject);
    }).on("error", reject);
  });
}
