import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, stop } from "./listen.ts";

const PAGE_ENTRIES = 100;

/** A fake of HDFS's web interface, in this process: a name node and a data node on ports of their own. It is no proof that Hadoop itself behaves so.
 *
 *  It checks, as documented by Apache: the method of each operation; who asks (user.name, or the delegation token); that bytes go to the data node only, at
 *  the very address that the redirection named, with no credential in headers; names (no colon, 255 bytes); parents that are no directories; create without
 *  overwrite; offsets within the file; rename with OVERWRITE and NONE; delete of directories that are not empty; lists in pages, sorted.
 *  A file whose body breaks off stays, as long as it came, until it is removed.
 *  It does not check: permissions, leases, replication, quotas, Kerberos, TLS, symbolic links, snapshots, checksums. */
export interface FakeHdfs {
  readonly port: number;
  readonly token: string;
  /** `METHOD /path?query` of every request of the data node so far. */
  readonly nodeRequests: readonly string[];
  /** Asked before each request of the name node: an answer to give instead. */
  intercept: (
    line: string,
  ) =>
    | undefined
    | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };
  makeDirectory(path: string): void;
  /** Puts a file there that was changed then. */
  put(path: string, modifiedAt: Date): void;
  /** Paths of all files. */
  files(): readonly string[];
  close(): Promise<void>;
}

type Entry =
  | { readonly kind: "FILE"; bytes: Buffer; time: number }
  | { readonly kind: "DIRECTORY"; readonly time: number };

class Refusal extends Error {
  readonly status: number;
  readonly exception: string;

  constructor(status: number, exception: string) {
    super(`words about ${exception}`);
    this.status = status;
    this.exception = exception;
  }
}

/** Starts a fake whose directory `/space` exists. With `oneHost` the bytes go through the server that was asked, as behind a gateway. */
export async function startFakeHdfs({ oneHost = false } = {}): Promise<FakeHdfs> {
  const tree = new Map<string, Entry>([
    ["/", { kind: "DIRECTORY", time: Date.now() }],
    ["/space", { kind: "DIRECTORY", time: Date.now() }],
  ]);
  const token = randomBytes(12).toString("hex");
  const tickets = new Set<string>();
  const nodeRequests: string[] = [];
  const fake = { intercept: (() => undefined) as FakeHdfs["intercept"] };
  const node = createServer((incoming, answer) => {
    nodeRequests.push(`${incoming.method} ${incoming.url}`);
    serveBytes(tree, tickets, incoming, answer).catch((error: unknown) => refuse(answer, error));
  });
  const nodePort = await listen(node);
  const names = createServer((incoming, answer) => {
    if (oneHost && incoming.url?.includes("&ticket=")) return void node.emit("request", incoming, answer);
    incoming.resume();
    const decision = fake.intercept(`${incoming.method} ${incoming.url}`);
    if (decision !== undefined) {
      answer.writeHead(decision.status, decision.headers).end(decision.body);
      return;
    }
    try {
      const { query } = parse(incoming);
      if (query.get("delegation") !== token && query.get("user.name") !== "tester")
        throw new Refusal(401, "SecurityException");
      const nodeHost = oneHost ? (incoming.headers.host ?? "") : `127.0.0.1:${nodePort}`;
      answerNames({ tree, tickets, nodeHost }, incoming, answer);
    } catch (error) {
      refuse(answer, error);
    }
  });
  const port = await listen(names);
  return Object.assign(fake, {
    port,
    token,
    nodeRequests,
    makeDirectory: (path: string) => makeDirectories(tree, path),
    put: (path: string, modifiedAt: Date) =>
      void tree.set(path, { kind: "FILE", bytes: Buffer.from("half"), time: modifiedAt.getTime() }),
    files: () => [...tree].flatMap(([path, entry]) => (entry.kind === "FILE" ? [path] : [])),
    async close() {
      await Promise.all([stop(node), stop(names)]);
    },
  });
}

interface Names {
  readonly tree: Map<string, Entry>;
  readonly tickets: Set<string>;
  readonly nodeHost: string;
}

const METHODS: Readonly<Record<string, string>> = {
  GETFILESTATUS: "GET",
  LISTSTATUS_BATCH: "GET",
  OPEN: "GET",
  CREATE: "PUT",
  MKDIRS: "PUT",
  RENAME: "PUT",
  DELETE: "DELETE",
};

function parse(incoming: IncomingMessage): {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly op: string;
} {
  const url = new URL(incoming.url ?? "", "http://127.0.0.1");
  if (!url.pathname.startsWith("/webhdfs/v1/")) throw new Refusal(404, "FileNotFoundException");
  const path = decodeURIComponent(url.pathname.slice("/webhdfs/v1".length)).replace(/(.)\/$/, "$1");
  const op = url.searchParams.get("op") ?? "";
  if (METHODS[op] !== incoming.method) throw new Refusal(400, "IllegalArgumentException");
  checkName(path);
  return { path, query: url.searchParams, op };
}

function checkName(path: string): void {
  for (const name of path.split("/")) {
    if (name.includes(":") || name === "." || name === "..") throw new Refusal(400, "InvalidPathException");
    if (Buffer.byteLength(name) > 255) throw new Refusal(403, "PathComponentTooLongException");
  }
  if (!path.startsWith("/") || path.includes("//")) throw new Refusal(400, "InvalidPathException");
}

function answerNames(names: Names, incoming: IncomingMessage, answer: ServerResponse): void {
  const { tree } = names;
  const { path, query, op } = parse(incoming);
  const json = (value: unknown) =>
    answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  requireParents(tree, path);
  const found = tree.get(path);
  switch (op) {
    case "GETFILESTATUS":
      if (found === undefined) throw new Refusal(404, "FileNotFoundException");
      json({ FileStatus: status("", found) });
      return;
    case "LISTSTATUS_BATCH": {
      if (found === undefined) throw new Refusal(404, "FileNotFoundException");
      const below = found.kind === "FILE" ? [["", found] as const] : childrenOf(tree, path);
      const after = query.get("startAfter") ?? "";
      const left = below.filter(
        ([name]) => after === "" || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0,
      );
      const page = left.slice(0, PAGE_ENTRIES).map(([name, entry]) => status(name, entry));
      const remainingEntries = Math.max(0, left.length - PAGE_ENTRIES);
      json({
        DirectoryListing: { partialListing: { FileStatuses: { FileStatus: page } }, remainingEntries },
      });
      return;
    }
    case "MKDIRS":
      if (found?.kind === "FILE") throw new Refusal(403, "FileAlreadyExistsException");
      makeDirectories(tree, path);
      json({ boolean: true });
      return;
    case "DELETE":
      if (
        found?.kind === "DIRECTORY" &&
        childrenOf(tree, path).length > 0 &&
        query.get("recursive") !== "true"
      ) {
        throw new Refusal(403, "PathIsNotEmptyDirectoryException");
      }
      json({ boolean: tree.delete(path) });
      return;
    case "RENAME": {
      const target = query.get("destination") ?? "";
      checkName(target);
      if (found?.kind !== "FILE") throw new Refusal(404, "FileNotFoundException");
      requireParents(tree, target);
      if (!tree.has(parentOf(target))) throw new Refusal(404, "FileNotFoundException");
      const there = tree.get(target);
      if (there !== undefined && (query.get("renameoptions") !== "OVERWRITE" || there.kind === "DIRECTORY")) {
        throw new Refusal(403, there.kind === "DIRECTORY" ? "IOException" : "FileAlreadyExistsException");
      }
      tree.delete(path);
      tree.set(target, found);
      answer.writeHead(200).end();
      return;
    }
    default: {
      if (op === "OPEN") {
        if (found?.kind !== "FILE") throw new Refusal(404, "FileNotFoundException");
        if (Number(query.get("offset") ?? 0) >= Math.max(1, found.bytes.length))
          throw new Refusal(403, "IOException");
      } else if (found !== undefined) throw new Refusal(403, "FileAlreadyExistsException");
      const ticket = randomBytes(8).toString("hex");
      names.tickets.add(ticket);
      const location = `http://${names.nodeHost}${incoming.url}&namenoderpcaddress=fake:8020&ticket=${ticket}`;
      answer.writeHead(307, { location, "content-length": "0" }).end();
    }
  }
}

async function serveBytes(
  tree: Map<string, Entry>,
  tickets: Set<string>,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const { path, query, op } = parse(incoming);
  if (!tickets.delete(query.get("ticket") ?? "")) throw new Refusal(401, "SecurityException");
  if (incoming.headers.authorization !== undefined || incoming.headers.cookie !== undefined)
    throw new Refusal(400, "LeakedCredential");
  if (op === "OPEN") {
    const found = tree.get(path);
    if (found?.kind !== "FILE") throw new Refusal(404, "FileNotFoundException");
    const offset = Number(query.get("offset") ?? 0);
    const bytes = found.bytes.subarray(offset, offset + Number(query.get("length") ?? found.bytes.length));
    answer.writeHead(200, { "content-length": String(bytes.length) }).end(bytes);
    return;
  }
  if (incoming.headers["content-type"] !== "application/octet-stream")
    throw new Refusal(400, "IllegalArgumentException");
  requireParents(tree, path);
  if (tree.has(path)) throw new Refusal(403, "FileAlreadyExistsException");
  makeDirectories(tree, parentOf(path));
  const entry: Entry = { kind: "FILE", bytes: Buffer.alloc(0), time: Date.now() };
  tree.set(path, entry);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } finally {
    entry.bytes = Buffer.concat(chunks);
  }
  answer.writeHead(201, { location: `hdfs://fake:8020${encodeURI(path)}` }).end();
}

function requireParents(tree: ReadonlyMap<string, Entry>, path: string): void {
  for (let above = parentOf(path); above !== "/"; above = parentOf(above)) {
    if (tree.get(above)?.kind === "FILE") throw new Refusal(403, "ParentNotDirectoryException");
  }
}

function makeDirectories(tree: Map<string, Entry>, path: string): void {
  for (let folder = path; !tree.has(folder); folder = parentOf(folder)) {
    tree.set(folder, { kind: "DIRECTORY", time: Date.now() });
  }
}

function childrenOf(tree: ReadonlyMap<string, Entry>, path: string): (readonly [string, Entry])[] {
  const start = path === "/" ? "/" : `${path}/`;
  return [...tree]
    .filter(([each]) => each.startsWith(start) && each !== "/" && !each.includes("/", start.length))
    .map(([each, entry]) => [each.slice(start.length), entry] as const)
    .sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function status(name: string, entry: Entry): unknown {
  const length = entry.kind === "FILE" ? entry.bytes.length : 0;
  return { pathSuffix: name, type: entry.kind, length, modificationTime: entry.time };
}

function refuse(answer: ServerResponse, error: unknown): void {
  if (answer.headersSent || answer.destroyed) return;
  const { status: code, exception } =
    error instanceof Refusal ? error : { status: 500, exception: "FakeBroke" };
  answer.writeHead(code, { "content-type": "application/json" });
  answer.end(JSON.stringify({ RemoteException: { exception, message: String(error) } }));
}
