import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { copyItem, createItem, type Fields, freshId, updateItem } from "./fake_gdrive_changes.ts";
import { parseQuery, project } from "./fake_gdrive_query.ts";
import * as trees from "./fake_gdrive_tree.ts";
import { FILE_MASK, FOLDER, type Item, type Tree } from "./fake_gdrive_tree.ts";
import { checkToken, giveToken, json, Refusal, type Reply } from "./fake_google_auth.ts";
import {
  type FakeGoogleServer,
  type GoogleInterception,
  type GoogleState,
  newGoogleState,
  startFakeGoogle,
} from "./fake_google_server.ts";
import { mediaReply, receivePart, relatedParts, resumeReply } from "./fake_google_upload.ts";

/** A fake of Google Drive (API version 3), in this process. It is no proof that Google itself behaves so.
 *
 *  It checks, as documented by Google: bearer tokens (its own, not expired), issued as {@link giveToken} says; methods, query parameters and members of JSON bodies that are not known; masks
 *  of fields; queries and their escapes, folders in them that are not there; pages of at most 1000 (100 unless asked for), their tokens, orders; ids that were generated, and 409 for those in
 *  use; one parent for each file; appProperties (30 pairs of 124 bytes, null clears, others stay); supportsAllDrives, corpora and driveId for shared drives; multipart uploads, parts of
 *  resumable ones (multiples of 256 KiB but the last, in order, the right total), their state and end; ranges with 206 and 416, no bytes of folders and documents; revisions; the trash,
 *  also of what lies in a folder; deletion of folders with all that is in them; at most 100 levels. As Drive does, it lets files of one name be, finds names of another letter case, and,
 *  when it is told so, names of an older moment.
 *  It does not check: permissions but those of revisions, scopes, quotas and rates, conversion, labels, several users, TLS. */
export interface FakeGdrive extends FakeGoogleServer {
  readonly sharedDriveId: string;
  readonly tree: Tree;
  /** An access token that is good for as long as the fake lives. */
  readonly token: string;
  /** Asked before each request (`METHOD /path?query`): an answer to give instead, `lose` to do the work and reset the connection. */
  intercept: (line: string) => GoogleInterception;
  /** Called when a request has been done, before it is answered. */
  done: (line: string) => void;
  /** `METHOD /path?query` of every request so far. */
  readonly requests: string[];
  /** Searches by name find from now on what there was at this moment; `false` ends that. */
  lagBehind(lags?: boolean): void;
  /** What is uploaded loses its last bit on the way. */
  corrupts: boolean;
  /** Lists begin with a page that is empty, as Drive may. */
  emptyPages: boolean;
  /** Most entries of a page, whatever is asked for. */
  pageEntriesMax: number;
  /** What the last JWT said. */
  claims(): Readonly<Fields> | undefined;
  /** Sessions of uploads that are neither complete nor ended. */
  openSessions(): number;
  /** Puts a file there as another program would; a folder without bytes. The top unless `parent` says otherwise. */
  put(
    name: string,
    options?: {
      readonly parent?: string;
      readonly bytes?: Uint8Array;
      readonly mimeType?: string;
      readonly targetId?: string;
    },
  ): Item;
  /** Paths of everything that is not in the trash, from the top, folders with a slash at the end. */
  paths(): string[];
  /** Names of what was put into the trash. */
  trash(): string[];
}

interface Session {
  readonly write: (bytes: Buffer) => Item;
  readonly mask: string | null;
  bytes: Buffer;
  done: Item | undefined;
}

interface State extends GoogleState {
  readonly tree: Tree;
  readonly sessions: Map<string, Session>;
  /** The last entry before each page, by its token. */
  readonly cursors: Map<string, Item>;
  lagging: Map<string, { readonly item: Item; readonly resource: Fields }> | undefined;
  readonly hooks: { corrupts: boolean; emptyPages: boolean; pageEntriesMax: number };
  claims?: Readonly<Fields>;
}

/** Starts a fake with an empty drive and an empty shared drive. */
export async function startFakeGdrive(): Promise<FakeGdrive> {
  const tree = trees.makeTree();
  const token = `ya29.${randomBytes(16).toString("hex")}`;
  const hooks = {
    intercept: (() => undefined) as FakeGdrive["intercept"],
    corrupts: false,
    emptyPages: false,
    pageEntriesMax: 1000,
    done: (() => {}) as FakeGdrive["done"],
  };
  const state: State = {
    ...newGoogleState(token),
    ...{ tree, sessions: new Map(), cursors: new Map(), lagging: undefined, hooks },
  };
  const requests: string[] = [];
  const server = await startFakeGoogle(state, {
    intercept(line) {
      requests.push(line);
      return hooks.intercept(line);
    },
    respond: (incoming, body) => respond(state, incoming, body),
    done: (line) => hooks.done(line),
  });
  return Object.assign(hooks, {
    ...server,
    sharedDriveId: tree.sharedDriveId,
    tree,
    token,
    requests,
    lagBehind: (lags = true) => {
      const now = [...tree.items.values()].map((item) => {
        const resource = trees.resourceOf(tree, item);
        const kept: Item = { ...item, parents: [...item.parents] };
        return [item.id, { item: kept, resource }] as [string, { item: Item; resource: Fields }];
      });
      state.lagging = lags ? new Map(now) : undefined;
    },
    claims: () => state.claims,
    openSessions: () => [...state.sessions.values()].filter((session) => session.done === undefined).length,
    put: (name: string, options: Parameters<FakeGdrive["put"]>[1] = {}) => {
      const { parent = tree.rootId, bytes, targetId } = options;
      const mimeType = options.mimeType ?? (bytes === undefined ? FOLDER : "application/octet-stream");
      const driveId = tree.items.get(parent)?.driveId;
      const id = `1put${randomBytes(12).toString("hex")}`;
      const item = trees.addItem(
        tree,
        trees.newItem({ id, name, mimeType, parents: [parent], driveId, targetId }),
      );
      if (bytes !== undefined) trees.addRevision(item, Buffer.from(bytes));
      return item;
    },
    paths: () =>
      [...tree.items.values()]
        .filter((item) => item.parents.length > 0 && !trees.isTrashed(tree, item))
        .map((item) => pathTo(tree, item) + (item.mimeType === FOLDER ? "/" : ""))
        .sort(),
    trash: () => [...tree.items.values()].filter((item) => item.explicitlyTrashed).map(({ name }) => name),
  });
}

function pathTo(tree: Tree, item: Item): string {
  const parent = tree.items.get(item.parents[0] ?? "");
  return parent === undefined || parent.parents.length === 0
    ? item.name
    : `${pathTo(tree, parent)}/${item.name}`;
}

const FILE = ["fields", "supportsAllDrives"];
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  ids: ["count", "space", "type"],
  list: [
    ...["q", "fields", "orderBy", "pageSize", "pageToken", "spaces", "corpora", "driveId"],
    "supportsAllDrives",
    "includeItemsFromAllDrives",
  ],
  get: [...FILE, "alt", "acknowledgeAbuse"],
  revision: ["alt", "fields", "acknowledgeAbuse"],
  create: FILE,
  update: [...FILE, "addParents", "removeParents"],
  delete: ["supportsAllDrives"],
  copy: FILE,
  upload: [...FILE, "uploadType"],
  session: [...FILE, "uploadType", "upload_id"],
};

interface Request {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
}

function respond(state: State, incoming: IncomingMessage, body: Buffer): Reply {
  const url = new URL(incoming.url ?? "", `http://127.0.0.1:${state.port}`);
  if (url.pathname === "/token") return giveToken(state, incoming, body);
  checkToken(state, incoming);
  const { searchParams: query } = url;
  const { method = "" } = incoming;
  const request = { method, query, incoming, body };
  const [, upload, encoded, verb, revision] =
    /^(\/upload)?\/drive\/v3\/files(?:\/([^/]+)(?:\/(copy|revisions)(?:\/([^/]+))?)?)?$/.exec(url.pathname) ??
    [];
  if (!url.pathname.includes("/drive/v3/files")) throw new Refusal(404, "notFound", "Not Found");
  const id = encoded === undefined ? undefined : decodeURIComponent(encoded);
  const known = (kind: string) => {
    for (const key of query.keys()) {
      if (PARAMETERS[kind]?.includes(key) !== true)
        throw new Refusal(400, "invalidParameter", `unknown parameter ${key}`);
    }
  };
  if (upload !== undefined) {
    const inSession = query.has("upload_id");
    known(inSession ? "session" : "upload");
    return inSession ? continueSession(state, request) : startUpload(state, request, id);
  }
  if (id === "generateIds" && method === "GET") {
    known("ids");
    const count = Number(query.get("count") ?? 10);
    if (!(count >= 1 && count <= 1000)) throw new Refusal(400, "invalidParameter", "count");
    const ids = Array.from({ length: count }, () => `1gen${randomBytes(14).toString("hex")}`);
    for (const made of ids) state.tree.generated.add(made);
    return json(200, { kind: "drive#generatedIds", space: "drive", ids });
  }
  if (id === undefined && method === "GET") {
    known("list");
    return list(state, query);
  }
  if (id === undefined && method === "POST") {
    known("create");
    return resource(state, query, createItem(state.tree, parse(body)));
  }
  if (id === undefined) throw new Refusal(405, "methodNotAllowed", "no");
  const item = find(state, id, verb === "revisions" ? undefined : query);
  if (verb === "copy" && method === "POST") {
    known("copy");
    return resource(state, query, copyItem(state.tree, item, parse(body)));
  }
  if (verb === "revisions" && method === "GET") {
    known("revision");
    const found = item.revisions.find((one) => one.id === decodeURIComponent(revision ?? ""));
    if (!state.tree.readsRevisions)
      throw new Refusal(403, "insufficientFilePermissions", "No revisions for you");
    if (found === undefined || query.get("alt") !== "media")
      throw new Refusal(404, "notFound", "Revision not found");
    return media(item, found.bytes, incoming);
  }
  if (method === "GET") {
    known("get");
    if (query.get("alt") !== "media") return resource(state, query, item);
    const head = item.revisions.at(-1);
    if (head === undefined) throw new Refusal(403, "fileNotDownloadable", "Only files with binary content");
    return media(item, head.bytes, incoming);
  }
  if (item.parents.length === 0)
    throw new Refusal(403, "insufficientFilePermissions", "The top stays as it is");
  if (method === "DELETE") {
    known("delete");
    trees.deleteItem(state.tree, item.id);
    return { status: 204 };
  }
  if (method !== "PATCH") throw new Refusal(405, "methodNotAllowed", "no");
  known("update");
  return resource(state, query, updateItem(state.tree, item, { query, fields: parse(body) }));
}

function media(item: Item, bytes: Buffer, incoming: IncomingMessage): Reply {
  return mediaReply(bytes, { range: incoming.headers.range, headers: { "content-type": item.mimeType } });
}

function resource({ tree }: State, query: URLSearchParams, item: Item): Reply {
  const mask = query.get("fields") ?? "kind,id,name,mimeType";
  return json(200, project(trees.resourceOf(tree, item), mask, FILE_MASK));
}

function find({ tree }: State, id: string, query: URLSearchParams | undefined): Item {
  const item = tree.items.get(id === "root" ? tree.rootId : id);
  const isHidden =
    item?.driveId !== undefined && query !== undefined && query.get("supportsAllDrives") !== "true";
  if (item === undefined || isHidden) throw new Refusal(404, "notFound", `File not found: ${id}.`);
  return item;
}

function list(state: State, query: URLSearchParams): Reply {
  const { tree } = state;
  const { matches, folders, byName } = parseQuery(query.get("q") ?? "");
  for (const folder of folders) {
    if (!tree.items.has(folder)) throw new Refusal(404, "notFound", "File not found: .");
  }
  const driveId = query.get("corpora") === "drive" ? query.get("driveId") : undefined;
  const all = query.get("supportsAllDrives") === "true" && query.get("includeItemsFromAllDrives") === "true";
  if (driveId === null || (driveId !== undefined && !all))
    throw new Refusal(400, "invalid", "a drive needs driveId and support");
  const size = Number(query.get("pageSize") ?? 100);
  if (!(size >= 1 && size <= 1000)) throw new Refusal(400, "invalidParameter", "pageSize");
  const items =
    state.lagging !== undefined && byName
      ? [...state.lagging.values()]
      : [...tree.items.values()].map((item) => ({ item, resource: undefined }));
  const order = orderOf(query.get("orderBy"));
  const found = items
    .filter(
      ({ item }) =>
        item.driveId === driveId &&
        item.parents.some((parent) => folders.includes(parent)) &&
        matches({ ...item, trashed: trees.isTrashed(tree, item) }),
    )
    .sort((left, right) => order(left.item, right.item));
  const token = query.get("pageToken");
  const last = token === null || token === "first" ? undefined : state.cursors.get(token);
  if (token !== null && token !== "first" && last === undefined)
    throw new Refusal(400, "invalid", "Invalid Value: pageToken");
  const rest = last === undefined ? found : found.filter(({ item }) => order(item, last) > 0);
  const entries = Math.min(size, state.hooks.pageEntriesMax);
  const isFirst = token === null && state.hooks.emptyPages;
  const page = isFirst ? [] : rest.slice(0, entries);
  const end = page.at(-1)?.item;
  const nextPageToken = isFirst
    ? "first"
    : rest.length > entries
      ? randomBytes(9).toString("hex")
      : undefined;
  if (nextPageToken !== undefined && end !== undefined) state.cursors.set(nextPageToken, end);
  const answer = {
    kind: "drive#fileList",
    incompleteSearch: false,
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    files: page.map(({ item, resource: kept }) => kept ?? trees.resourceOf(tree, item)),
  };
  const mask = query.get("fields") ?? "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)";
  return json(
    200,
    project(answer, mask, { kind: true, incompleteSearch: true, nextPageToken: true, files: FILE_MASK }),
  );
}

function orderOf(keys: string | null): (left: Item, right: Item) => number {
  const orders = (keys ?? "").split(",").map((key) => {
    const [name, direction = "asc"] = key.split(" ");
    if (!["", "name", "createdTime"].includes(name ?? "?") || !/^(asc|desc)$/.test(direction))
      throw new Refusal(400, "invalid", "Invalid Value: orderBy");
    const keyOf = (item: Item) =>
      name === "name" ? item.name.toLowerCase() : name === "" ? "" : item.createdTime;
    return (left: Item, right: Item) => {
      const [one, two] = [keyOf(left), keyOf(right)];
      return (one < two ? -1 : one > two ? 1 : 0) * (direction === "desc" ? -1 : 1);
    };
  });
  return (left, right) => {
    for (const order of orders) if (order(left, right) !== 0) return order(left, right);
    return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
  };
}

function parse(body: Buffer): Fields {
  return body.length === 0 ? {} : JSON.parse(body.toString());
}

function startUpload(state: State, request: Request, id: string | undefined): Reply {
  const { method, query, incoming, body } = request;
  if (method !== (id === undefined ? "POST" : "PATCH"))
    throw new Refusal(405, "methodNotAllowed", "POST or PATCH it");
  const target = id === undefined ? undefined : find(state, id, query);
  if (target !== undefined && target.revisions.length === 0)
    throw new Refusal(403, "fileNotDownloadable", "no bytes to replace");
  const writer = (fields: Fields) => {
    if (/^application\/vnd\.google-apps/.test(String(fields["mimeType"])))
      throw new Refusal(400, "badRequest", "it would be converted");
    return (bytes: Buffer) => {
      const item =
        target === undefined
          ? createItem(state.tree, fields)
          : updateItem(state.tree, find(state, target.id, query), { query: new URLSearchParams(), fields });
      const kept = Buffer.from(bytes);
      const end = kept.length - 1;
      if (state.hooks.corrupts) kept[end] = (kept[end] ?? 0) ^ 1;
      trees.addRevision(item, kept);
      return item;
    };
  };
  if (query.get("uploadType") === "multipart") {
    const { described, bytes } = relatedParts(incoming, body);
    return resource(state, query, writer(described)(bytes));
  }
  if (query.get("uploadType") !== "resumable") throw new Refusal(400, "invalid", "unknown uploadType");
  const fields = parse(body);
  if (target === undefined) {
    const [parent = ""] = (fields["parents"] as string[] | undefined) ?? [state.tree.rootId];
    find(state, parent, query);
    if (fields["id"] !== undefined) freshId(state.tree, fields["id"]);
  }
  const session = randomBytes(16).toString("hex");
  state.sessions.set(session, {
    write: writer(fields),
    mask: query.get("fields"),
    bytes: Buffer.alloc(0),
    done: undefined,
  });
  query.set("upload_id", session);
  return {
    status: 200,
    headers: { location: `http://${incoming.headers.host}/upload/drive/v3/files?${query}` },
  };
}

function continueSession(state: State, { method, query, incoming, body }: Request): Reply {
  const id = query.get("upload_id") ?? "";
  const session = state.sessions.get(id);
  if (session === undefined) throw new Refusal(404, "notFound", "no such upload");
  if (method === "DELETE") {
    state.sessions.delete(id);
    return { status: 499 };
  }
  if (method !== "PUT") throw new Refusal(405, "methodNotAllowed", "PUT it");
  if (session.done === undefined && !receivePart(session, { incoming, body })) return resumeReply(session);
  session.done ??= session.write(session.bytes);
  return resource(state, query, session.done);
}
