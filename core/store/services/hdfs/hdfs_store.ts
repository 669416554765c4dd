import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { asRecord, type JsonRecord } from "../../http/http_json.ts";
import { answerStream, emptyStream } from "../../http/http_read.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type {
  Capabilities,
  ListOptions,
  ObjectMeta,
  ObjectStream,
  ReadOptions,
  Store,
  WriteOptions,
} from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type Body, takeBody } from "../../take_body.ts";
import { isLeftover, isTemporaryName, LEFTOVERS_MAX } from "../fs/reserved_names.ts";
import {
  ask,
  besides,
  closeConnections,
  fileOf,
  findFile,
  type HdfsContext,
  hdfsContext,
  metaOf,
  NAME_BYTES_MAX,
  nameOf,
  PATH_BYTES_MAX,
  pathOf,
  requireRoot,
  strange,
  transfer,
} from "./hdfs_context.ts";
import type { HdfsOptions } from "./hdfs_options.ts";

const TIDY_TIMEOUT_MS = 15_000;

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  readRange: true,
  writeUnknownSize: true,
  writeIfAbsent: true,
  caseSensitive: true,
  directories: true,
  move: true,
  pathBytesMax: PATH_BYTES_MAX,
  nameBytesMax: NAME_BYTES_MAX,
};

/** Opens a directory of HDFS. Makes no request. */
export function openHdfsStore(connection: Connection, options: HdfsOptions): Store {
  const context = hdfsContext(connection, options);
  const { info } = context;
  const callOf = (operation: string, at: string, signal: AbortSignal | undefined) => ({
    operation,
    path: pathOf(context, { operation, path: at }),
    signal,
  });
  return {
    info,
    native: CAPABILITIES,
    capabilities: CAPABILITIES,
    stat: async (path, call) => await statFile(context, callOf("stat", path, call?.signal)),
    read: async (path, call = {}) => await readFile(context, callOf("read", path, call.signal), call),
    write: async (path, body, call = {}) =>
      await writeFile(context, callOf("write", path, call.signal), { ...call, body }),
    async remove(path, call) {
      const place = callOf("remove", path, call?.signal);
      const file = fileOf(context, place.path);
      try {
        await ask(context, place, { method: "DELETE", op: "DELETE", file, query: { recursive: "false" } });
      } catch (error) {
        // A file where a directory should be makes everything below it missing.
        if (isKind(error, "NotFound")) return;
        if (isKind(error, "ConditionFailed") && (await findFile(context, place)) === undefined) return;
        throw error;
      }
      if (!context.root.found) await requireRoot(context, place);
    },
    list: (prefix, call = {}) => listFiles(context, prefix, call),
    async move(from, to, call) {
      const source = callOf("move", from, call?.signal);
      const target = callOf("move", to, call?.signal);
      if ((await statFile(context, source)).kind !== "file") throw missing(context, source);
      if (source.path === target.path) return;
      await makeParent(context, target);
      await rename(context, target, { from: fileOf(context, source.path), option: "OVERWRITE" });
    },
    async makeDirectory(path, call) {
      const place = callOf("makeDirectory", path, call?.signal);
      throwIfCancelled(info, place);
      await requireRoot(context, place);
      if ((await findFile(context, place))?.kind === "file") {
        throw storeError(info, { ...placeOf(place), kind: "AlreadyExists", state: "there is an object" });
      }
      await ask(context, place, { method: "PUT", op: "MKDIRS", file: fileOf(context, place.path) });
    },
    async close() {
      closeConnections(context);
    },
  };
}

type Call = HttpCall & { readonly path: string; readonly signal: AbortSignal | undefined };

async function statFile(context: HdfsContext, call: Call): Promise<ObjectMeta> {
  const found = await findFile(context, call);
  if (found !== undefined) return found;
  await requireRoot(context, call);
  throw missing(context, call);
}

async function readFile(context: HdfsContext, call: Call, options: ReadOptions): Promise<ObjectStream> {
  const { offset = 0, length = Number.POSITIVE_INFINITY } = options;
  const { kind, size = 0 } = await statFile(context, call);
  if (kind !== "file") throw missing(context, call);
  const bytes = Math.min(length, size - offset);
  // HDFS takes an offset at the end for a mistake.
  if (bytes <= 0) return emptyStream();
  const query = { offset: String(offset), length: String(bytes) };
  const answer = await transfer(context, call, {
    method: "GET",
    op: "OPEN",
    file: fileOf(context, call.path),
    query,
  });
  const announced = answer.headers["content-length"];
  if (announced !== undefined && Number(announced) > bytes) {
    answer.body.destroy();
    const state = "the service did not send the range that was asked for";
    throw storeError(context.info, { ...placeOf(call), kind: "Unsupported", state });
  }
  const headers = { ...answer.headers, "content-length": String(bytes) };
  return answerStream(context.info, call, { answer: { ...answer, headers } });
}

/** Writes to a temporary file beside the path and renames that, which HDFS does atomically, also over a file that is there. */
async function writeFile(
  context: HdfsContext,
  call: Call,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { info } = context;
  const size = write.size ?? (write.body instanceof Uint8Array ? write.body.length : undefined);
  const body = takeBody(write.body, { info, ...call, size });
  const target = fileOf(context, call.path);
  const temporary = besides(target);
  let written = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    throwIfCancelled(info, call);
    if (write.metadata !== undefined || write.storageClass !== undefined) {
      const state = "the service has neither metadata nor storage classes";
      throw storeError(info, { ...placeOf(call), kind: "Unsupported", state });
    }
    await requireRoot(context, call);
    const counted: Body = {
      async next() {
        const chunk = await body.next().catch((error: unknown) => {
          failure = { error };
          throw error;
        });
        written += chunk?.length ?? 0;
        return chunk;
      },
      end: body.end,
    };
    const query = { overwrite: "false" };
    discard(
      await transfer(context, call, { method: "PUT", op: "CREATE", file: temporary, query, body: counted }),
    );
    const kept = await ask(context, call, { method: "GET", op: "GETFILESTATUS", file: temporary });
    if (asRecord(kept["FileStatus"])["length"] !== written) {
      const state = `the service has not all of the ${written} bytes`;
      throw storeError(info, { ...placeOf(call), kind: "Unreachable", retry: "later", state });
    }
    await rename(context, call, { from: temporary, option: write.ifAbsent === true ? "NONE" : "OVERWRITE" });
    return { path: call.path, kind: "file", size: written };
  } catch (error) {
    await removeQuietly(context, temporary);
    throw failure === undefined ? error : failure.error;
  } finally {
    body.end();
  }
}

async function rename(
  context: HdfsContext,
  call: Call,
  change: { readonly from: string; readonly option: "OVERWRITE" | "NONE" },
): Promise<void> {
  const destination = fileOf(context, call.path);
  try {
    const query = { destination, renameoptions: change.option };
    await ask(context, call, { method: "PUT", op: "RENAME", file: change.from, query });
  } catch (error) {
    if (isKind(error, "Cancelled")) throw error;
    const found = await findFile(context, call).catch(() => undefined);
    if (found?.kind === "directory") {
      throw storeError(context.info, {
        ...placeOf(call),
        kind: "ConditionFailed",
        state: "there is a directory",
      });
    }
    throw error;
  }
}

async function makeParent(context: HdfsContext, call: Call): Promise<void> {
  const folder = call.path.slice(0, Math.max(0, call.path.lastIndexOf("/")));
  if (folder !== "") await ask(context, call, { method: "PUT", op: "MKDIRS", file: fileOf(context, folder) });
}

/** Removes what a failed write or a crash has left, also when the caller has cancelled. What cannot be removed stays hidden by its name. */
async function removeQuietly(context: HdfsContext, file: string): Promise<void> {
  const call = { operation: "remove", signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  const query = { recursive: "false" };
  await ask(context, call, { method: "DELETE", op: "DELETE", file, query }).catch(() => {});
}

/** Lists directory after directory, each page by page. Memory: one page, and the directories that are still to be listed. */
async function* listFiles(context: HdfsContext, at: string, options: ListOptions): AsyncIterable<ObjectMeta> {
  const { delimited = false, signal } = options;
  const prefix = normalizePrefix(at, context.info.workDirectory);
  const call = { operation: "list", path: prefix, signal };
  const top = await findFile(context, call);
  if (top === undefined) await requireRoot(context, call);
  const waiting = top?.kind === "directory" ? [prefix] : [];
  const leftovers: string[] = [];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (let startAfter: string | undefined = ""; startAfter !== undefined; ) {
      const query: Record<string, string> = startAfter === "" ? {} : { startAfter };
      const request = {
        method: "GET",
        op: "LISTSTATUS_BATCH",
        file: fileOf(context, folder),
        query,
      } as const;
      const answer: JsonRecord | undefined = await ask(context, call, request).catch((error: unknown) => {
        // It has vanished meanwhile.
        if (isKind(error, "NotFound") && folder !== prefix) return undefined;
        throw error;
      });
      if (answer === undefined) break;
      const listing = asRecord(answer["DirectoryListing"]);
      const statuses = asRecord(asRecord(listing["partialListing"])["FileStatuses"])["FileStatus"];
      if (!Array.isArray(statuses)) throw strange(context, call);
      const before: string = startAfter;
      let last: string | undefined;
      for (const entry of statuses) {
        throwIfCancelled(context.info, call);
        const status = asRecord(entry);
        const suffix = String(status["pathSuffix"]);
        last = suffix;
        if (
          isTemporaryName(suffix) &&
          leftovers.length < LEFTOVERS_MAX &&
          isLeftover(metaOf(suffix, status).modifiedAt)
        )
          leftovers.push(`${fileOf(context, folder)}/${suffix}`.replace("//", "/"));
        const name = nameOf(suffix);
        // A file that is listed as a directory has no suffix.
        if (name === undefined || name === "") continue;
        const meta = metaOf(folder === "" ? name : `${folder}/${name}`, status);
        // No operation could name what lies deeper.
        if (Buffer.byteLength(fileOf(context, meta.path)) - 1 > PATH_BYTES_MAX) continue;
        if (meta.kind !== "directory") yield meta;
        else if (delimited) yield { path: meta.path, kind: "directory" };
        else waiting.push(meta.path);
      }
      const isMore = Number(listing["remainingEntries"]) > 0;
      // A page without entries would be the last one, or come for ever.
      if (isMore && (last === undefined || last === before)) throw strange(context, call);
      startAfter = isMore ? last : undefined;
    }
  }
  for (const file of leftovers) await removeQuietly(context, file);
}

function missing(context: HdfsContext, call: Call): Error {
  return storeError(context.info, { ...placeOf(call), kind: "NotFound", state: "no such object" });
}

function placeOf({ operation, path }: Call): { readonly operation: string; readonly path: string } {
  return { operation, path };
}
