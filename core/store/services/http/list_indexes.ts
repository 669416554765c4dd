import { giveBack } from "../../../../ioswitch/buffer_pool.ts";
import { noteGarbage } from "../../../bytes/garbage.ts";
import { isOwnName } from "../../files/reserved_names.ts";
import type { HttpAnswer, HttpRequest } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerStream } from "../../http/http_read.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta, StoreInfo } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";

/** Longest link on a page, and where its title must have come. */
const PIECE_CHARACTERS_MAX = 64 * 1024;
/** Bytes of garbage for each byte of a page: texts and addresses of links. */
const GARBAGE_FACTOR = 16;
/** The titles that servers give to the pages they make: Apache, nginx, lighttpd; Python; others. */
const TITLE = /<(?:title|h1)[^>]*>\s*(?:index of|directory listing (?:for|of)|listing of)/i;
const LINK = /<a\s(?:[^>]*?\s)?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))[^>]*>/gi;

/** What reading pages needs of the store. */
export interface IndexContext {
  readonly info: StoreInfo;
  /** Makes a request; throws for answers of status 300 and above that are not among `accept`. */
  readonly request: (
    call: HttpCall,
    wanted: Omit<HttpRequest, "signal"> & { readonly accept?: readonly number[] },
  ) => Promise<HttpAnswer>;
}

/** Everything below a directory of which the server shows pages, depth first, one request for each directory. Only paths and kinds are told; what the server
 *  does not show is not there. `Unsupported` where it shows none.
 *
 *  Memory: the names of directories that were seen and not yet entered. */
export async function* listIndexes(
  context: IndexContext,
  at: string,
  options: ListOptions & { readonly resourceOf: (path: string) => string; readonly pathBytesMax: number },
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal, resourceOf, pathBytesMax } = options;
  const { info } = context;
  const top = normalizePrefix(at, info.workDirectory);
  const call = { operation: "list", path: top, signal };
  const waiting = [top];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const resource = directory === "" ? resourceOf("") : resourceOf(`${directory}/`);
    const answer = await context.request(call, { method: "GET", path: resource, accept: [404, 410] });
    if (answer.status >= 300) {
      answer.body.destroy();
      if (directory !== "") continue;
      const state = "the folder is missing on the server";
      throw storeError(info, { operation: "list", path: top, kind: "Unreachable", state });
    }
    let last: string | undefined;
    for await (const href of readLinks(context, call, answer)) {
      throwIfCancelled(info, call);
      const name = nameOf(href, resource);
      // Icons often have the same link as the name beside them.
      if (name === undefined || name === last || isOwnName(name)) continue;
      last = name;
      const isDirectory = name.endsWith("/");
      const path = (directory === "" ? "" : `${directory}/`) + (isDirectory ? name.slice(0, -1) : name);
      // No operation could name what lies deeper.
      if (Buffer.byteLength(info.workDirectory + path) > pathBytesMax) continue;
      if (isDirectory && !delimited) waiting.push(path);
      else yield { path, kind: isDirectory ? "directory" : "file" };
    }
  }
}

/** The targets of the links on a page, once its title has shown that the server made it. */
async function* readLinks(context: IndexContext, call: HttpCall, answer: HttpAnswer): AsyncIterable<string> {
  const { info } = context;
  const refuse = () => {
    const state = "the server shows no list of what is there";
    return storeError(info, { ...call, kind: "Unsupported", state });
  };
  if (!/^text\/html\b/i.test(answer.headers["content-type"] ?? "")) {
    answer.body.destroy();
    throw refuse();
  }
  const decoder = new TextDecoder();
  let text = "";
  let titled = false;
  for await (const chunk of answerStream(info, call, { answer })) {
    // The decoder takes no views of shared memory.
    text += decoder.decode(new Uint8Array(chunk), { stream: true });
    noteGarbage(GARBAGE_FACTOR * chunk.length);
    giveBack(chunk);
    titled ||= TITLE.test(text);
    if (!titled) {
      if (text.length > PIECE_CHARACTERS_MAX) throw refuse();
      continue;
    }
    yield* linksIn(text);
    text = text.slice(restOf(text));
    if (text.length > PIECE_CHARACTERS_MAX) throw refuse();
  }
  titled ||= TITLE.test(text);
  if (!titled) throw refuse();
  yield* linksIn(text);
}

function* linksIn(text: string): Iterable<string> {
  for (const [, double, single, bare] of text.matchAll(LINK)) yield double ?? single ?? bare ?? "";
}

/** Where the last tag begins that is not complete yet. */
function restOf(text: string): number {
  const start = text.lastIndexOf("<");
  return start === -1 || text.includes(">", start) ? text.length : start;
}

/** The name of what lies right in the directory and is linked to, with a slash at the end for a directory. */
function nameOf(href: string, resource: string): string | undefined {
  const base = `http://server${resource}`;
  const url = URL.parse(unescapeHtml(href), base);
  if (url === null || url.host !== "server" || url.search !== "" || url.hash !== "") return undefined;
  try {
    const own = decodeURIComponent(new URL(base).pathname);
    const path = decodeURIComponent(url.pathname);
    if (!path.startsWith(own)) return undefined;
    const name = path.slice(own.length);
    const bare = name.replace(/\/$/, "");
    if (bare === "" || bare === "." || bare === ".." || /[/\\\0]/.test(bare) || !bare.isWellFormed())
      return undefined;
    return name;
  } catch {
    return undefined;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
