import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { FakeIpfsFiles, NodeError } from "./fake_ipfs_files.ts";
import { listen, stop } from "./listen.ts";

/** A fake of the RPC API of kubo 0.36 and later, in this process. It is no proof that kubo itself behaves so.
 *
 *  It follows, after kubo's documentation and sources (core/commands, go-ipfs-cmds/http, boxo/mfs): POST only (405), unknown commands (404, plain text), wrong
 *  options and arguments (400), Authorization (403), errors as status 500 with Message, Code and Type, errors after the head in the trailer X-Stream-Error, also those of
 *  `files rm`, whose words come as results before; multipart bodies, which must end with their boundary; contents by identifiers of their bytes; `files cp` that
 *  replaces only with force, never a directory, and then shows no file for a moment; parents, directories in the way, `rm` of directories only with recursive; lists of
 *  directories entry by entry, and nothing at all of an empty one; content that garbage collection took away.
 *  It refuses options that it does not know, which kubo ignores. It does not do: pins, the network, blocks (a content is one piece), sharded directories, TLS. */
export interface FakeIpfs {
  readonly port: number;
  /** When set, requests must have this header `Authorization`. */
  authorization: string | undefined;
  /** Asked before each request (`METHOD /path?query`): an answer to give instead, `lose` to do the work and reset the connection. */
  intercept: (line: string) => undefined | "lose" | { readonly status: number; readonly body?: string };
  /** After so many bytes every `cat` fails as when a block is missing. */
  breaksAfterBytes: number | undefined;
  /** What runs between the removal and the return of a file that is replaced. */
  onReplace: () => Promise<void>;
  /** Whether there is nothing but the files: contents that are not named by them are removed. Gives their number. */
  collectGarbage(): number;
  /** Paths of all files. */
  paths(): readonly string[];
  readonly files: FakeIpfsFiles;
  close(): Promise<void>;
}

/** Starts a fake with the folder `/space`. */
export async function startFakeIpfs(): Promise<FakeIpfs> {
  const files = new FakeIpfsFiles();
  files.makeDirectory("/space", { parents: false });
  const server = createServer((incoming, answer) => {
    serve(fake, incoming, answer).catch((error: unknown) => refuse(answer, error));
  });
  const port = await listen(server);
  const fake: FakeIpfs = {
    port,
    authorization: undefined,
    intercept: () => undefined,
    breaksAfterBytes: undefined,
    onReplace: async () => {},
    collectGarbage: () => files.collectGarbage(),
    paths: () => files.paths(),
    files,
    close: () => stop(server),
  };
  return fake;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** The options of each command, and how many arguments it has. */
const COMMANDS: Readonly<Record<string, { readonly args: number; readonly options: readonly string[] }>> = {
  version: { args: 0, options: [] },
  add: { args: 0, options: ["pin", "cid-version", "raw-leaves", "progress"] },
  cat: { args: 1, options: ["offset", "length"] },
  ls: { args: 1, options: ["stream"] },
  "files/stat": { args: 1, options: [] },
  "files/cp": { args: 2, options: ["force", "parents", "offline"] },
  "files/rm": { args: 1, options: ["recursive"] },
  "files/mkdir": { args: 1, options: ["parents"] },
};

async function serve(fake: FakeIpfs, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const decision = fake.intercept(`${incoming.method} ${incoming.url}`);
  if (typeof decision === "object") {
    incoming.resume();
    answer.writeHead(decision.status).end(decision.body);
    return;
  }
  const { authorization } = fake;
  const { args, options, name } = parse(incoming, authorization);
  if (decision === "lose") {
    await run(fake, { name, args, options }, { incoming, answer: undefined });
    incoming.socket.resetAndDestroy();
  } else await run(fake, { name, args, options }, { incoming, answer });
}

function parse(incoming: IncomingMessage, authorization: string | undefined) {
  const url = new URL(incoming.url ?? "", "http://127.0.0.1");
  if (incoming.method !== "POST") throw new Refusal(405, "405 - Method Not Allowed");
  if (/^Mozilla/.test(incoming.headers["user-agent"] ?? "")) throw new Refusal(403, "403 - Forbidden");
  if (authorization !== undefined && incoming.headers.authorization !== authorization)
    throw new Refusal(403, "Kubo RPC Access Denied: Please provide a valid authorization token");
  const name = url.pathname.replace(/^\/api\/v0\//, "");
  const command = url.pathname.startsWith("/api/v0/") ? COMMANDS[name] : undefined;
  if (command === undefined) throw new Refusal(404, "404 page not found");
  const args = url.searchParams.getAll("arg");
  if (args.length !== command.args) throw new Refusal(400, `argument "${args.length}" is required`);
  const options = new Map<string, string>();
  for (const [key, value] of url.searchParams) {
    if (key === "arg") continue;
    if (!command.options.includes(key) || options.has(key))
      throw new Refusal(400, `unrecognized option "${key}"`);
    const isNumber = ["offset", "length", "cid-version"].includes(key);
    if (!(isNumber ? /^-?\d+$/ : /^(?:true|false)$/).test(value))
      throw new Refusal(400, `could not convert value "${value}" of option "${key}"`);
    options.set(key, value);
  }
  return { name, args, options };
}

async function run(
  fake: FakeIpfs,
  command: {
    readonly name: string;
    readonly args: readonly string[];
    readonly options: ReadonlyMap<string, string>;
  },
  exchange: { readonly incoming: IncomingMessage; readonly answer: ServerResponse | undefined },
): Promise<void> {
  const { files } = fake;
  const { incoming, answer } = exchange;
  const [first = "", second = ""] = command.args;
  const is = (option: string) => command.options.get(option) === "true";
  const number = (option: string) => Number(command.options.get(option) ?? "0");
  if (command.name !== "add") incoming.resume();
  const head = (type: string, headers: Record<string, string> = {}) =>
    answer?.writeHead(200, { "content-type": type, trailer: "X-Stream-Error", ...headers });
  const single = (value: unknown) => {
    head("application/json");
    answer?.end(`${JSON.stringify(value)}\n`);
  };
  const nothing = () => {
    head("application/json", { "x-chunked-output": "1" });
    answer?.end();
  };
  switch (command.name) {
    case "version":
      return single({ Version: "0.36.0", Repo: "16" });
    case "add": {
      if (is("pin") || number("cid-version") !== 1 || !is("raw-leaves"))
        throw new Refusal(400, "not known here");
      const bytes = await fileOf(incoming);
      const cid = files.addContent(bytes);
      head("application/json", { "x-chunked-output": "1" });
      answer?.end(`${JSON.stringify({ Name: cid, Hash: cid, Size: String(bytes.length + 8) })}\n`);
      return;
    }
    case "cat": {
      if (number("offset") < 0) throw new NodeError("cannot specify negative offset");
      const whole = files.contentOf(first);
      const end = command.options.has("length") ? number("offset") + number("length") : whole.length;
      const bytes = whole.subarray(number("offset"), end);
      head("text/plain", { "x-stream-output": "1", "x-content-length": String(bytes.length) });
      const breaks = fake.breaksAfterBytes;
      if (breaks === undefined || breaks >= bytes.length) return void answer?.end(bytes);
      answer?.write(bytes.subarray(0, breaks));
      answer?.addTrailers({
        "X-Stream-Error": "block was not found locally (offline): ipld: could not find Qm",
      });
      return void answer?.end();
    }
    case "ls": {
      head("application/json", { "x-chunked-output": "1" });
      const links = files.entriesOf(first);
      if (is("stream")) {
        for (const link of links)
          answer?.write(`${JSON.stringify({ Objects: [{ Hash: first, Links: [link] }] })}\n`);
      } else answer?.write(`${JSON.stringify({ Objects: [{ Hash: first, Links: links }] })}\n`);
      return void answer?.end();
    }
    case "files/stat":
      return single(files.stat(first));
    case "files/cp":
      await files.copy(first, second, {
        force: is("force"),
        parents: is("parents"),
        between: () => fake.onReplace(),
      });
      return nothing();
    case "files/mkdir":
      files.makeDirectory(first, { parents: is("parents") });
      return nothing();
    case "files/rm":
      try {
        files.remove(first, { recursive: is("recursive") });
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        head("application/json", { "x-chunked-output": "1" });
        answer?.write(`${JSON.stringify(`${first}: ${error.message}`)}\n`);
        answer?.addTrailers({ "X-Stream-Error": "can't remove some files" });
        return void answer?.end();
      }
      return nothing();
  }
}

/** The one file of a multipart body. */
async function fileOf(incoming: IncomingMessage): Promise<Buffer> {
  const type = /^multipart\/form-data; boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})$/.exec(
    incoming.headers["content-type"] ?? "",
  );
  if (type === null) throw new Refusal(400, "file argument 'path' is required");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const start = `--${type[1]}\r\n`;
  const headEnd = body.indexOf("\r\n\r\n");
  const end = body.lastIndexOf(`\r\n--${type[1]}--\r\n`);
  if (end < 0 || headEnd < 0) throw new NodeError("multipart: NextPart: unexpected EOF");
  const head = body.subarray(0, headEnd).toString();
  if (
    !head.startsWith(start) ||
    !/\r\nContent-Disposition: form-data; name="[^"]+"; filename="[^"]+"(?:\r\n|$)/i.test(head) ||
    !/\r\nContent-Type: application\/octet-stream(?:\r\n|$)/i.test(head)
  )
    throw new Refusal(400, "multipart: malformed header");
  return Buffer.from(body.subarray(headEnd + 4, Math.max(headEnd + 4, end)));
}

function refuse(answer: ServerResponse, error: unknown): void {
  if (answer.destroyed || answer.headersSent) {
    answer.destroy();
    return;
  }
  if (error instanceof Refusal) {
    answer.writeHead(error.status, { "content-type": "text/plain; charset=utf-8" }).end(`${error.message}\n`);
    return;
  }
  answer.writeHead(500, { "content-type": "application/json", trailer: "X-Stream-Error" });
  answer.end(
    `${JSON.stringify({ Message: String(error instanceof Error ? error.message : error), Code: 0, Type: "error" })}\n`,
  );
}
