import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { checkSignature, checkToken, giveToken, json, Refusal, type Reply } from "./fake_google_auth.ts";
import {
  type FakeGoogleServer,
  type GoogleInterception,
  type GoogleState,
  newGoogleState,
  startFakeGoogle,
} from "./fake_google_server.ts";
import { mediaReply, receivePart, relatedParts, resumeReply } from "./fake_google_upload.ts";

const PAGE_ENTRIES = 1000;
const REWRITE_BYTES = 1024 * 1024;

/** A fake of Google Cloud Storage, in this process. It is no proof that Google itself behaves so.
 *
 *  It checks, as documented by Google: bearer tokens (its own, not expired), issued for a JWT with the right signature, algorithm, issuer, audience and
 *  times, or for a refresh token; names of objects (1 to 1024 bytes, no line ends); unknown query parameters; JSON bodies and MD5 of multipart uploads; parts of
 *  resumable uploads (multiples of 256 KiB but the last, in order, the right total), their state and end; ifGenerationMatch and sourceGeneration; ranges with
 *  206 and 416; lists of at most 1000 entries, sorted by UTF-8 bytes, with prefixes; rewrites in several calls with tokens; compose of at most 32; V4 signatures with
 *  expiry, signed headers and x-goog-content-length-range.
 *  It does not check: permissions, scopes, quotas and rates, storage classes, keys of KMS, ACLs, retention, versions, CRC32C, user projects, TLS. */
export interface FakeGcs extends FakeGoogleServer {
  readonly bucket: string;
  /** Asked before each request (`METHOD /path?query`): an answer to give instead, `lose` to do the work and reset the connection. */
  intercept: (line: string) => GoogleInterception;
  /** Sessions of uploads that are neither complete nor ended. */
  openSessions(): number;
  /** Names of all objects. */
  names(): readonly string[];
}

interface Stored {
  readonly name: string;
  readonly bytes: Buffer;
  readonly generation: string;
  readonly updated: string;
  readonly contentType: string;
  readonly contentDisposition: string | undefined;
  readonly storageClass: string;
  readonly metadata: Record<string, string> | undefined;
}

interface Session {
  readonly name: string;
  readonly resource: Record<string, unknown>;
  readonly ifGenerationMatch: string | null;
  bytes: Buffer;
  done: Stored | undefined;
}

/** Starts a fake with one bucket. */
export async function startFakeGcs(): Promise<FakeGcs> {
  const state: State = {
    ...newGoogleState(),
    bucket: `bucket-${randomBytes(6).toString("hex")}`,
    objects: new Map(),
    sessions: new Map(),
    rewrites: new Map(),
    generation: Date.now() * 1000,
  };
  const fake = { intercept: (() => undefined) as FakeGcs["intercept"] };
  const server = await startFakeGoogle(state, {
    intercept: (line) => fake.intercept(line),
    respond: (incoming, body) => respond(state, incoming, body),
  });
  return Object.assign(fake, {
    ...server,
    bucket: state.bucket,
    openSessions: () => [...state.sessions.values()].filter((session) => session.done === undefined).length,
    names: () => [...state.objects.keys()],
  });
}

interface State extends GoogleState {
  readonly bucket: string;
  readonly objects: Map<string, Stored>;
  readonly sessions: Map<string, Session>;
  readonly rewrites: Map<string, number>;
  generation: number;
}

const QUERIES: Readonly<Record<string, readonly string[]>> = {
  stat: ["fields", "ifGenerationMatch", "alt"],
  list: ["prefix", "fields", "delimiter", "pageToken", "maxResults"],
  remove: ["ifGenerationMatch"],
  multipart: ["uploadType", "fields", "ifGenerationMatch"],
  resumable: ["uploadType", "fields", "ifGenerationMatch", "name"],
  session: ["upload_id", "uploadType", "fields", "ifGenerationMatch", "name"],
  rewrite: ["fields", "sourceGeneration", "rewriteToken"],
  compose: ["fields", "ifGenerationMatch"],
};

function respond(state: State, incoming: IncomingMessage, body: Buffer): Reply {
  const url = new URL(incoming.url ?? "", `http://127.0.0.1:${state.port}`);
  const { method = "" } = incoming;
  const { searchParams: query, pathname } = url;
  if (pathname === "/token") return giveToken(state, incoming, body);
  if (query.has("X-Goog-Signature")) return signed(state, { url, incoming, body });
  checkToken(state, incoming);
  const match =
    /^\/(upload\/)?storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+)(?:\/(compose|rewriteTo)(?:\/b\/([^/]+)\/o\/([^/]+))?)?)?$/.exec(
      pathname,
    );
  if (match === null) throw new Refusal(404, "notFound", "Not Found");
  const [, upload, bucket = "", object, verb, , target] = match;
  if (decodeURIComponent(bucket) !== state.bucket) {
    throw new Refusal(404, "notFound", "The specified bucket does not exist.");
  }
  const known = (kind: string) => {
    for (const key of query.keys()) {
      if (!QUERIES[kind]?.includes(key))
        throw new Refusal(400, "invalidParameter", `unknown parameter ${key}`);
    }
  };
  const name = object === undefined ? undefined : nameOf(object);
  if (upload !== undefined) {
    if (query.has("upload_id")) {
      known("session");
      return continueSession(state, { incoming, query, body });
    }
    if (method !== "POST") throw new Refusal(405, "methodNotAllowed", "POST it");
    if (query.get("uploadType") === "multipart") {
      known("multipart");
      return multipart(state, { incoming, query, body });
    }
    known("resumable");
    return beginSession(state, { incoming, query, body });
  }
  if (name === undefined) {
    known("list");
    return list(state, query);
  }
  if (verb === "compose") {
    known("compose");
    return compose(state, { name, query, body });
  }
  if (verb === "rewriteTo") {
    known("rewrite");
    return rewrite(state, { source: name, target: nameOf(target ?? ""), query, method });
  }
  if (method === "DELETE") {
    known("remove");
    find(state, name, query);
    state.objects.delete(name);
    return { status: 204 };
  }
  known("stat");
  const found = find(state, name, query);
  return query.get("alt") === "media" ? media(found, incoming.headers.range) : json(200, resource(found));
}

interface Upload {
  readonly incoming: IncomingMessage;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

function multipart(state: State, { incoming, query, body }: Upload): Reply {
  const { described, bytes } = relatedParts(incoming, body);
  const md5 = createHash("md5").update(bytes).digest("base64");
  if (described["md5Hash"] !== undefined && described["md5Hash"] !== md5)
    throw new Refusal(400, "invalid", "MD5 differs");
  const name = checkName(String(described["name"]));
  return json(
    200,
    resource(store(state, { name, bytes, resource: described, condition: query.get("ifGenerationMatch") })),
  );
}

function beginSession(state: State, { incoming, query, body }: Upload): Reply {
  if (query.get("uploadType") !== "resumable") throw new Refusal(400, "invalid", "unknown uploadType");
  const name = checkName(query.get("name") ?? "");
  const ifGenerationMatch = query.get("ifGenerationMatch");
  requireGeneration(state, name, ifGenerationMatch);
  const id = randomBytes(16).toString("hex");
  const described = JSON.parse(body.toString()) as Record<string, unknown>;
  state.sessions.set(id, {
    name,
    resource: described,
    ifGenerationMatch,
    bytes: Buffer.alloc(0),
    done: undefined,
  });
  query.set("upload_id", id);
  const location = `http://${incoming.headers.host}/upload/storage/v1/b/${state.bucket}/o?${query}`;
  return { status: 200, headers: { location } };
}

function continueSession(state: State, { incoming, query, body }: Upload): Reply {
  const id = query.get("upload_id") ?? "";
  const session = state.sessions.get(id);
  if (session === undefined) throw new Refusal(404, "notFound", "no such upload");
  if (incoming.method === "DELETE") {
    state.sessions.delete(id);
    return { status: 499 };
  }
  if (incoming.method !== "PUT") throw new Refusal(405, "methodNotAllowed", "PUT it");
  if (session.done !== undefined) return json(200, resource(session.done));
  if (receivePart(session, { incoming, body })) {
    const { name, bytes, ifGenerationMatch: condition } = session;
    session.done = store(state, { name, bytes, resource: session.resource, condition });
    return json(200, resource(session.done));
  }
  return resumeReply(session);
}

function list(state: State, query: URLSearchParams): Reply {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter");
  const after = Buffer.from(query.get("pageToken") ?? "", "base64url");
  const limit = Math.min(PAGE_ENTRIES, Number(query.get("maxResults") ?? PAGE_ENTRIES));
  const items: unknown[] = [];
  const prefixes = new Set<string>();
  let last: Buffer | undefined;
  const sorted = [...state.objects.values()].sort((a, b) =>
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  for (const object of sorted) {
    if (!object.name.startsWith(prefix)) continue;
    const cut = delimiter === null ? -1 : object.name.indexOf(delimiter, prefix.length);
    const key = Buffer.from(cut === -1 ? object.name : object.name.slice(0, cut + 1));
    if (after.length > 0 && Buffer.compare(key, after) <= 0) continue;
    if (cut !== -1 && prefixes.has(key.toString())) continue;
    if (items.length + prefixes.size === limit) {
      return json(200, {
        kind: "storage#objects",
        items,
        prefixes: [...prefixes],
        nextPageToken: last?.toString("base64url"),
      });
    }
    if (cut === -1) items.push(resource(object));
    else prefixes.add(key.toString());
    last = key;
  }
  return json(200, {
    kind: "storage#objects",
    ...(items.length > 0 ? { items } : {}),
    ...(prefixes.size > 0 ? { prefixes: [...prefixes] } : {}),
  });
}

function rewrite(
  state: State,
  call: { source: string; target: string; query: URLSearchParams; method: string },
): Reply {
  const { source, target, query, method } = call;
  const found = find(state, source, new URLSearchParams());
  if (method !== "POST") throw new Refusal(405, "methodNotAllowed", "POST it");
  if ((query.get("sourceGeneration") ?? found.generation) !== found.generation)
    throw new Refusal(404, "notFound", "No such object");
  const given = query.get("rewriteToken");
  const done = (given === null ? 0 : state.rewrites.get(given)) ?? Number.NaN;
  if (Number.isNaN(done)) throw new Refusal(400, "invalid", "bad rewriteToken");
  if (done + REWRITE_BYTES < found.bytes.length) {
    const next = randomBytes(8).toString("hex");
    state.rewrites.set(next, done + REWRITE_BYTES);
    return json(200, { done: false, rewriteToken: next });
  }
  store(state, { name: checkName(target), bytes: found.bytes, resource: { ...found }, condition: null });
  return json(200, { done: true });
}

function compose(state: State, call: { name: string; query: URLSearchParams; body: Buffer }): Reply {
  const { sourceObjects = [], destination = {} } = JSON.parse(call.body.toString()) as {
    sourceObjects?: { name: string; generation?: string }[];
    destination?: Record<string, unknown>;
  };
  if (sourceObjects.length < 1 || sourceObjects.length > 32)
    throw new Refusal(400, "invalid", "1 to 32 sources");
  const sources = sourceObjects.map(({ name, generation }) => {
    const found = find(state, name, new URLSearchParams());
    if (generation !== undefined && generation !== found.generation)
      throw new Refusal(404, "notFound", "No such object");
    return found.bytes;
  });
  const condition = call.query.get("ifGenerationMatch");
  return json(
    200,
    resource(
      store(state, { name: call.name, bytes: Buffer.concat(sources), resource: destination, condition }),
    ),
  );
}

function store(
  state: State,
  made: {
    readonly name: string;
    readonly bytes: Buffer;
    readonly resource: Record<string, unknown>;
    readonly condition: string | null;
  },
): Stored {
  const { name, bytes, condition } = made;
  requireGeneration(state, name, condition);
  state.generation += 1;
  const { contentType = "application/octet-stream", storageClass = "STANDARD", metadata } = made.resource;
  const { contentDisposition } = made.resource;
  const stored: Stored = {
    name,
    bytes: Buffer.from(bytes),
    generation: String(state.generation),
    updated: new Date().toISOString(),
    contentType: String(contentType),
    contentDisposition: contentDisposition as string | undefined,
    storageClass: String(storageClass),
    metadata: metadata as Record<string, string> | undefined,
  };
  state.objects.set(name, stored);
  return stored;
}

function requireGeneration(state: State, name: string, condition: string | null): void {
  if (condition === null) return;
  if ((state.objects.get(name)?.generation ?? "0") === condition) return;
  throw new Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
}

function find(state: State, name: string, query: URLSearchParams): Stored {
  const found = state.objects.get(name);
  if (found === undefined) throw new Refusal(404, "notFound", `No such object: ${state.bucket}/${name}`);
  requireGeneration(state, name, query.get("ifGenerationMatch"));
  return found;
}

function media({ bytes, generation, contentType }: Stored, range: string | undefined): Reply {
  const headers = { "x-goog-generation": generation, "content-type": contentType };
  return mediaReply(bytes, { range, headers });
}

function resource({ name, bytes, generation, updated, ...described }: Stored): unknown {
  return { name, size: String(bytes.length), generation, updated, ...described };
}

function nameOf(encoded: string): string {
  return checkName(decodeURIComponent(encoded));
}

function checkName(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > 1024 || /[\r\n]/.test(name) || name === "." || name === "..") {
    throw new Refusal(400, "invalid", "Invalid object name");
  }
  return name;
}

function signed(state: State, call: { url: URL; incoming: IncomingMessage; body: Buffer }): Reply {
  checkSignature(state, call);
  const { incoming, body } = call;
  const [path = ""] = (incoming.url ?? "").split("?");
  const [, bucket, ...rest] = path.split("/");
  if (bucket !== state.bucket) throw new Refusal(404, "notFound", "The specified bucket does not exist.");
  const name = checkName(rest.map(decodeURIComponent).join("/"));
  if (incoming.method === "PUT") {
    const limits = String(incoming.headers["x-goog-content-length-range"] ?? `0,${body.length}`)
      .split(",")
      .map(Number);
    if (body.length < (limits[0] ?? 0) || body.length > (limits[1] ?? 0))
      throw new Refusal(400, "invalid", "another length");
    store(state, { name, bytes: body, resource: {}, condition: null });
    return { status: 200 };
  }
  const found = find(state, name, new URLSearchParams());
  if (incoming.method === "GET") return media(found, incoming.headers.range);
  state.objects.delete(name);
  return { status: 204 };
}
