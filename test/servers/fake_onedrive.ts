import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  checkName,
  describeItem,
  type FakeItem,
  GraphRefusal,
  itemAt,
  newItem,
  pathOf,
  place,
  store,
  tagsOf,
  takeOut,
} from "./fake_onedrive_tree.ts";
import { fakeUploads } from "./fake_onedrive_uploads.ts";
import { type FakeTokenServer, startFakeTokenServer } from "./fake_token_server.ts";
import { listen, stop } from "./listen.ts";

const PAGE_ENTRIES = 50;
const SIMPLE_BYTES_MAX = 4 * 1024 * 1024;
/** How often a copy is asked for before it is made. */
const COPY_POLLS = 2;

/** What the fake does instead of its work: gives an answer; with `lose` it does the work and resets the connection. */
export type FakeAnswer =
  | undefined
  | "lose"
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };

/** A fake of OneDrive behind Microsoft Graph v1.0, in this process: Graph on one port, bytes on another. It is no proof that Microsoft behaves so.
 *
 *  It checks, as documented by Microsoft: bearer tokens (of its token server) on Graph, and that none is sent to addresses that are good by themselves; query options
 *  and members of bodies that it does not know; names and paths that OneDrive or SharePoint refuses; letter case; parents that are missing or files; simple uploads of 4 MB
 *  at the most; sessions (fragments in order, multiples of 320 KiB but the last, less than 60 MiB, one total, what overlaps is 416, conflicts when they end);
 *  conflictBehavior; If-Match with either tag; pages with `@odata.nextLink`; downloads with ranges, 206 and 416, at addresses that expire; copies in their own time with
 *  an address to ask at; folders that go with all that is in them.
 *  It does not check: permissions, scopes, quotas and rates, versions, the recycle bin, sharing, locks, TLS. */
export interface FakeOnedrive {
  readonly port: number;
  readonly tokens: FakeTokenServer;
  /** JSON text of a login. */
  readonly login: string;
  /** Asked before each request (`METHOD /path?query`) of either port. */
  intercept: (line: string) => FakeAnswer;
  /** Every request so far, with its `Authorization`. */
  readonly requests: { readonly line: string; readonly authorization: string | undefined }[];
  /** Moves and renames do not replace, as some drives are said to do. */
  neverReplaces: boolean;
  /** The next bytes that come are stored with one bit wrong. */
  damagesNext: boolean;
  /** Paths of all files. */
  files(): readonly string[];
  /** Puts a folder, a file or a shortcut there, as others may; refuses nothing. */
  put(path: string, what: "folder" | "shortcut" | Buffer): void;
  /** Gives a file another name in the same folder, as others may. */
  rename(source: string, target: string): void;
  openUploads(): number;
  expireDownloads(): void;
  close(): Promise<void>;
}

interface Drive extends FakeOnedrive {
  readonly kind: "personal" | "business";
  readonly top: FakeItem;
  readonly uploads: ReturnType<typeof fakeUploads>;
  readonly downloads: Map<string, FakeItem>;
  readonly copies: Map<string, { polls: number; readonly make: () => void }>;
  /** The origin of what is not Graph, for a request that came to this host. */
  readonly bytesAt: (host: string) => string;
}

/** Starts a fake whose drive has the folder `/space`. With `oneHost` bytes go to the host that was asked, whatever its port. */
export async function startFakeOnedrive(
  options: { readonly kind?: "personal" | "business"; readonly oneHost?: boolean } = {},
): Promise<FakeOnedrive> {
  const tokens = await startFakeTokenServer();
  const top = newItem("root");
  const folder = newItem("space");
  place(folder, top, "fail");
  const servers = [false, true].map((isBytes) =>
    createServer((incoming, answer) => {
      serve(drive, { incoming, answer, isBytes: isBytes || options.oneHost === true }).catch(
        (error: unknown) => refuse(answer, error),
      );
    }),
  );
  const [port = 0, bytesPort = 0] = await Promise.all(servers.map(listen));
  const uploads = fakeUploads();
  const drive: Drive = {
    kind: options.kind ?? "business",
    top,
    uploads,
    downloads: new Map(),
    copies: new Map(),
    bytesAt: (host) => `http://${options.oneHost === true ? host : `127.0.0.1:${bytesPort}`}`,
    port,
    tokens,
    login: JSON.stringify({
      access_token: "stale",
      token_type: "Bearer",
      refresh_token: tokens.refreshToken,
      expiry: "2020-01-02T03:04:05.678Z",
      client_id: tokens.clientId,
      client_secret: tokens.clientSecret,
    }),
    intercept: () => undefined,
    requests: [],
    neverReplaces: false,
    damagesNext: false,
    files: () => filesOf(top),
    put(path, what) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const item = newItem(
        name,
        what instanceof Buffer ? what : what === "folder" ? undefined : Buffer.alloc(0),
      );
      item.remote = what === "shortcut";
      item.parent = itemAt(top, path.slice(0, path.lastIndexOf("/")));
      item.parent?.children?.set(name.toLowerCase(), item);
      if (item.parent !== undefined) item.parent.content += 1;
    },
    rename(source, target) {
      const item = itemAt(top, source);
      if (item?.parent === undefined) throw new Error(`there is no ${source}`);
      item.name = target.slice(target.lastIndexOf("/") + 1);
      place(item, item.parent, "fail");
    },
    openUploads: () => uploads.open.size,
    expireDownloads: () => drive.downloads.clear(),
    async close() {
      await Promise.all([tokens.close(), ...servers.map(stop)]);
    },
  };
  return drive;
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  /** Whether this port has what is not Graph. */
  readonly isBytes: boolean;
}

async function serve(drive: Drive, { incoming, answer, isBytes }: Exchange): Promise<void> {
  const { headers, method = "", url: target = "" } = incoming;
  const line = `${method} ${target}`;
  drive.requests.push({ line, authorization: headers.authorization });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (headers["content-length"] !== undefined && Number(headers["content-length"]) !== body.length) return;
  const decision = drive.intercept(line);
  if (typeof decision === "object") {
    answer.writeHead(decision.status, decision.headers).end(decision.body);
    return;
  }
  const url = new URL(target, `http://${headers.host}`);
  const [, door = "", word = ""] = /^\/(up|down|monitor)\/(\w+)$/.exec(url.pathname) ?? [];
  let reply: Reply;
  if (door !== "" && isBytes) {
    if (headers.authorization !== undefined) throw new GraphRefusal(401, "unauthenticated");
    reply = elsewhere(drive, { incoming, body, door, word, host: url.host });
  } else {
    const [, token = ""] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ?? [];
    if (!drive.tokens.tokens.has(token)) throw new GraphRefusal(401, "InvalidAuthenticationToken");
    reply = graph(drive, { incoming, url, body });
  }
  if (decision === "lose") incoming.socket.destroy();
  else answer.writeHead(reply.status, reply.headers).end(reply.body);
}

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface GraphCall {
  readonly incoming: IncomingMessage;
  readonly url: URL;
  readonly body: Buffer;
}

/** Query options and members of bodies that are known, by `METHOD part`. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "GET ": ["$select"],
  "PATCH ": ["parentReference", "name", "@microsoft.graph.conflictBehavior"],
  "DELETE ": [],
  "GET children": ["$select", "$top", "$skiptoken"],
  "POST children": ["name", "folder", "@microsoft.graph.conflictBehavior"],
  "PUT content": ["@microsoft.graph.conflictBehavior"],
  "POST createUploadSession": ["item"],
  "POST copy": ["parentReference", "name"],
};

function graph(drive: Drive, call: GraphCall): Reply {
  const { incoming, url, body } = call;
  const { method = "" } = incoming;
  const match =
    /^\/v1\.0\/(?:me\/drive|drives\/([^/]+))\/(?:root(?::(\/.*?)(?::|$))?|items\/([^/:]+))(?:\/(\w+))?$/.exec(
      url.pathname,
    );
  if (match === null) throw new GraphRefusal(400, "BadRequest");
  const [, driveId, path, id, part = ""] = match;
  if (driveId !== undefined && driveId !== "drive-1") throw new GraphRefusal(404, "itemNotFound");
  const known = KNOWN[`${method} ${part}`];
  if (known === undefined) throw new GraphRefusal(405, "notAllowed");
  const isJson = incoming.headers["content-type"] === "application/json";
  const record = isJson ? (JSON.parse(body.toString()) as Record<string, unknown>) : {};
  for (const key of [...url.searchParams.keys(), ...Object.keys(record)]) {
    if (!known.includes(key)) throw new GraphRefusal(400, "invalidRequest", "invalidQueryOption");
  }
  const file = decodeURIComponent(path ?? "").replace(/^\//, "");
  for (const [depth, name] of file === "" ? [] : file.split("/").entries()) checkName(name, depth === 0);
  const found = id === undefined ? itemAt(drive.top, file) : withId(drive.top, decodeURIComponent(id));
  const describeFor = (item: FakeItem) =>
    description(drive, url.host, { item, select: url.searchParams.get("$select") });
  const folderAndName = () => {
    const cut = file.lastIndexOf("/");
    const above = file.slice(0, Math.max(0, cut));
    if (drive.kind === "business") makeFolders(drive.top, above);
    const folder = itemAt(drive.top, above);
    if (folder === undefined || file === "") throw new GraphRefusal(404, "itemNotFound");
    return { folder, name: file.slice(cut + 1) };
  };
  if (`${method} ${part}` === "PUT content") {
    if (body.length > SIMPLE_BYTES_MAX) throw new GraphRefusal(413, "invalidRequest", "maxFileSizeExceeded");
    if (found?.children !== undefined) throw new GraphRefusal(409, "nameAlreadyExists");
    const behavior = url.searchParams.get("@microsoft.graph.conflictBehavior") ?? "replace";
    const made = store(folderAndName().folder, { ...folderAndName(), bytes: damaged(drive, body), behavior });
    return json(made.isNew ? 201 : 200, describeFor(made.item));
  }
  if (part === "createUploadSession") {
    const item = (record["item"] ?? {}) as Record<string, unknown>;
    const behavior = item["@microsoft.graph.conflictBehavior"] ?? "fail";
    const { folder, name } = folderAndName();
    if (folder.children === undefined) throw new GraphRefusal(409, "invalidRequest", "itemTypeDoesNotMatch");
    const word = drive.uploads.begin({ folder, name, behavior });
    const expirationDateTime = new Date(Date.now() + 3_600_000).toISOString();
    return json(200, { uploadUrl: `${drive.bytesAt(url.host)}/up/${word}`, expirationDateTime });
  }
  if (found === undefined) throw new GraphRefusal(404, "itemNotFound");
  const condition = incoming.headers["if-match"];
  const { eTag, cTag } = tagsOf(found, drive.kind);
  if (condition !== undefined && condition !== eTag && condition !== cTag) {
    throw new GraphRefusal(412, "resourceModified", "entityTagDoesNotMatch");
  }
  switch (`${method} ${part}`) {
    case "GET ":
      return json(200, describeFor(found));
    case "DELETE ":
      takeOut(found);
      return { status: 204 };
    case "PATCH ":
      return json(200, describeFor(change(drive, found, record)));
    case "GET children":
      return listPage(drive, { ...call, folder: found });
    case "POST children": {
      if (found.children === undefined) throw new GraphRefusal(400, "invalidRequest", "itemTypeDoesNotMatch");
      if (typeof record["folder"] !== "object") throw new GraphRefusal(400, "invalidRequest");
      const made = newItem(String(record["name"]));
      place(made, found, record["@microsoft.graph.conflictBehavior"]);
      return json(201, describeFor(made));
    }
    default:
      return beginCopy(drive, { item: found, record, host: url.host });
  }
}

/** Makes the folders of a path that are missing. */
function makeFolders(top: FakeItem, path: string): void {
  let folder = top;
  for (const name of path === "" ? [] : path.split("/")) {
    const next = folder.children?.get(name.toLowerCase()) ?? newItem(name);
    if (next.parent === undefined) place(next, folder, "fail");
    folder = next;
  }
}

function change(drive: Drive, item: FakeItem, record: Readonly<Record<string, unknown>>): FakeItem {
  const folder = record["parentReference"] === undefined ? item.parent : parentOf(drive, record);
  if (folder === undefined) throw new GraphRefusal(400, "invalidRequest");
  const before = item.name;
  const behavior = drive.neverReplaces ? "fail" : record["@microsoft.graph.conflictBehavior"];
  try {
    item.name = String(record["name"] ?? item.name);
    place(item, folder, behavior);
  } catch (error) {
    item.name = before;
    throw error;
  }
  item.version += 1;
  return item;
}

function beginCopy(
  drive: Drive,
  copy: {
    readonly item: FakeItem;
    readonly record: Readonly<Record<string, unknown>>;
    readonly host: string;
  },
): Reply {
  const { item, record, host } = copy;
  const folder = parentOf(drive, record);
  const name = String(record["name"] ?? item.name);
  if (folder.children?.has(name.toLowerCase())) throw new GraphRefusal(409, "nameAlreadyExists");
  const word = randomBytes(16).toString("hex");
  drive.copies.set(word, { polls: 0, make: () => place(newItem(name, item.bytes), folder, "fail") });
  return { status: 202, headers: { location: `${drive.bytesAt(host)}/monitor/${word}` } };
}

/** The folder of a `parentReference`, which has the id of the folder and may have that of the drive. */
function parentOf(drive: Drive, record: Readonly<Record<string, unknown>>): FakeItem {
  const { id, driveId = "drive-1", ...others } = (record["parentReference"] ?? {}) as Record<string, unknown>;
  const folder = withId(drive.top, String(id));
  if (folder === undefined || driveId !== "drive-1") throw new GraphRefusal(404, "itemNotFound");
  if (Object.keys(others).length > 0) throw new GraphRefusal(400, "invalidRequest");
  return folder;
}

function listPage(drive: Drive, { url, folder }: GraphCall & { readonly folder: FakeItem }): Reply {
  // A file has no children.
  const names = [...(folder.children?.keys() ?? [])].sort();
  const after = Buffer.from(url.searchParams.get("$skiptoken") ?? "", "base64url").toString();
  const left = names.filter((name) => after === "" || name > after);
  const page = left.slice(0, Math.min(PAGE_ENTRIES, Number(url.searchParams.get("$top") ?? 200)));
  const select = url.searchParams.get("$select");
  const value = page.map((name) => {
    const item = folder.children?.get(name);
    return item === undefined ? {} : description(drive, url.host, { item, select });
  });
  if (page.length === left.length) return json(200, { value });
  url.searchParams.set("$skiptoken", Buffer.from(page.at(-1) ?? "").toString("base64url"));
  return json(200, { value, "@odata.nextLink": url.href });
}

function elsewhere(
  drive: Drive,
  call: {
    readonly incoming: IncomingMessage;
    readonly body: Buffer;
    readonly door: string;
    readonly word: string;
    readonly host: string;
  },
): Reply {
  const { incoming, body, door, word, host } = call;
  if (door === "up") {
    const result = drive.uploads.respond(word, incoming, damaged(drive, body));
    if (result.kind === "ended") return { status: 204 };
    if (result.kind === "status") return json(result.status, result.body);
    return json(result.isNew ? 201 : 200, description(drive, host, { item: result.item, select: null }));
  }
  if (incoming.method !== "GET") throw new GraphRefusal(405, "notAllowed");
  if (door === "down") {
    const item = drive.downloads.get(word);
    if (item?.bytes === undefined) throw new GraphRefusal(401, "unauthenticated");
    return media(item.bytes, incoming.headers.range);
  }
  const copy = drive.copies.get(word);
  if (copy === undefined) throw new GraphRefusal(404, "itemNotFound");
  copy.polls += 1;
  if (copy.polls < COPY_POLLS)
    return json(202, { operation: "ItemCopy", percentageComplete: 27.8, status: "inProgress" });
  if (copy.polls === COPY_POLLS) copy.make();
  return json(drive.kind === "personal" ? 303 : 202, {
    percentageComplete: 100,
    resourceId: "x",
    status: "completed",
  });
}

function media(bytes: Buffer, range: string | undefined): Reply {
  const headers = { "content-type": "application/octet-stream", etag: '"tag of the server of bytes"' };
  if (range === undefined)
    return { status: 200, headers: { ...headers, "content-length": String(bytes.length) }, body: bytes };
  const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (Number(first) >= bytes.length)
    return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  const end = Math.min(bytes.length - 1, last === "" ? Number.POSITIVE_INFINITY : Number(last));
  const body = bytes.subarray(Number(first), end + 1);
  const contentRange = `bytes ${first}-${end}/${bytes.length}`;
  return {
    status: 206,
    headers: { ...headers, "content-range": contentRange, "content-length": String(body.length) },
    body,
  };
}

function description(
  drive: Drive,
  host: string,
  { item, select }: { readonly item: FakeItem; readonly select: string | null },
): Record<string, unknown> {
  let downloadUrl = "";
  if (select === null && item.bytes !== undefined) {
    const word = randomBytes(16).toString("hex");
    drive.downloads.set(word, item);
    downloadUrl = `${drive.bytesAt(host)}/down/${word}`;
  }
  return describeItem(item, { kind: drive.kind, downloadUrl, select });
}

function damaged(drive: Drive, bytes: Buffer): Buffer {
  if (!drive.damagesNext || bytes.length === 0) return bytes;
  drive.damagesNext = false;
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = copy[copy.length - 1]! ^ 1;
  return copy;
}

function withId(item: FakeItem, id: string): FakeItem | undefined {
  if (item.id === id) return item;
  for (const child of item.children?.values() ?? []) {
    const found = withId(child, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function filesOf(item: FakeItem): readonly string[] {
  if (item.bytes !== undefined) return [pathOf(item)];
  return [...(item.children?.values() ?? [])].flatMap(filesOf);
}

function json(status: number, value: unknown): Reply {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function refuse(answer: ServerResponse, error: unknown): void {
  if (answer.headersSent || answer.destroyed) return;
  const { status, code, detail } =
    error instanceof GraphRefusal ? error : { status: 500, code: "fakeBroke", detail: undefined };
  const innerError = detail === undefined ? { "request-id": "r" } : { code: detail };
  answer.writeHead(status, { "content-type": "application/json" });
  answer.end(JSON.stringify({ error: { code, message: String(error), innerError } }));
}
