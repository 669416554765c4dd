import { asRecord } from "../../http/http_json.ts";
import { answerStream } from "../../http/http_read.ts";
import { jsonItems } from "../../http/json_items.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import {
  fileOf,
  type IpfsContext,
  look,
  PATH_BYTES_MAX,
  type PathCall,
  requireRoot,
  send,
  throwStreamError,
} from "./ipfs_context.ts";

/** The numbers of UnixFS. */
const DIRECTORY = 1;
const SYMLINK = 4;

/** Lists directory after directory, each as it is when the list begins: by the identifiers of their contents, which do not change.
 *  Memory: one entry, and the directories that are still to be listed. */
export async function* listFiles(
  context: IpfsContext,
  at: string,
  options: ListOptions,
): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const prefix = normalizePrefix(at, context.info.workDirectory);
  const call = { operation: "list", path: prefix, signal };
  const top = await look(context, call, fileOf(context, prefix));
  if (top === undefined && prefix !== "") await requireRoot(context, call);
  if (top?.meta.kind !== "directory") {
    if (prefix === "") await requireRoot(context, call);
    return;
  }
  const waiting = top.isEmpty ? [] : [{ path: prefix, cid: top.cid }];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of entriesOf(context, call, folder.cid)) {
      throwIfCancelled(context.info, call);
      const { Name: name, Hash: cid, Size: size, Type: type, Target: target } = entry;
      if (typeof name !== "string" || typeof cid !== "string") throw strange(context, call);
      // No path of the store could name it.
      if (name === "" || name === "." || name === ".." || /[\\/\0]/.test(name)) continue;
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      // No operation could name what lies deeper.
      if (Buffer.byteLength(fileOf(context, path)) > PATH_BYTES_MAX) continue;
      if (type === DIRECTORY && !delimited) waiting.push({ path, cid });
      else if (type === DIRECTORY) yield { path, kind: "directory" };
      else if (type === SYMLINK)
        yield { path, kind: "link", ...(typeof target === "string" ? { linkTarget: target } : {}) };
      else yield { path, kind: "file", etag: cid, ...(typeof size === "number" ? { size } : {}) };
    }
  }
}

/** The entries of one directory, as they come. */
async function* entriesOf(
  context: IpfsContext,
  call: PathCall,
  cid: string,
): AsyncIterable<Readonly<Record<string, unknown>>> {
  const answer = await send(context, call, {
    name: "ls",
    args: [`/ipfs/${cid}`],
    options: { stream: "true" },
  });
  const stream = answerStream(context.info, call, { answer });
  let begun = false;
  const seen = async function* () {
    for await (const chunk of stream) {
      begun = true;
      yield chunk;
    }
  };
  try {
    for await (const item of jsonItems(seen())) {
      const { Links: links } = asRecord(item);
      if (!Array.isArray(links)) throw strange(context, call);
      for (const link of links) yield asRecord(link);
    }
  } catch (error) {
    // The node says nothing at all of an empty directory.
    if (error instanceof SyntaxError && begun) throw strange(context, call);
    if (!(error instanceof SyntaxError)) throw error;
  } finally {
    await stream[Symbol.asyncIterator]().return?.();
  }
  throwStreamError(context, call, answer);
}

function strange(context: IpfsContext, { operation, path }: PathCall): Error {
  const state = "the answer is not the list that the node should send";
  return storeError(context.info, { operation, path, kind: "Unexpected", state });
}
