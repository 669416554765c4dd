import { createHash } from "node:crypto";
import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind, type JcsError } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import { refuseUndeclared } from "../../refuse_undeclared.ts";
import type { Capabilities, ObjectMeta, WriteOptions } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import type { PartSource } from "../../upload/part_source.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { takeParts } from "../../upload/take_parts.ts";
import { bringBackOnedrive } from "./onedrive_aside.ts";
import {
  type Call,
  fault,
  fileAddress,
  itemAddress,
  type OnedriveContext,
  request,
} from "./onedrive_context.ts";
import { IN_THE_WAY } from "./onedrive_error.ts";
import { ask, type DriveItem, findItem, itemOf, makeFolder, requireRoot } from "./onedrive_items.ts";
import { folderOf } from "./onedrive_names.ts";
import { abandonSession, beginSession, sendPart } from "./onedrive_session.ts";
import { quickXorHash } from "./quick_xor_hash.ts";

/** Longer objects go part by part. The service takes 250 MB in one request by now, and said 4 MB for years. */
const SIMPLE_BYTES_MAX = 4 * 1024 * 1024;
const TIDY_TIMEOUT_MS = 15_000;

/** What was sent, for comparing it with what was stored. */
interface Sent {
  readonly size: number;
  readonly quickXorHash: string;
  /** Where they are still at hand. */
  readonly bytes?: Uint8Array;
}

/** Writes an object: in one request when it is short, a longer one part by part in a session, whose length must be known when it does not fit into
 *  one part. The service shows the new content at once when it has all of it.
 *
 *  Memory: two parts. A part whose request fails is sent again from where the service has got to. What fails leaves a session, which is ended, and which the
 *  service forgets by itself otherwise. An object that the service has stored with another checksum or length is removed: `Corrupt`.
 *  Source: Microsoft Graph, "Upload or replace the contents of a driveItem", "driveItem: createUploadSession". */
export async function writeObject(
  context: OnedriveContext,
  call: Call,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream; readonly capabilities: Capabilities },
): Promise<ObjectMeta> {
  const { body, ifAbsent = false, capabilities } = write;
  const { info, options } = context;
  const taken = takeParts(body, { info, ...call, size: write.size });
  const { source, size } = taken;
  try {
    throwIfCancelled(info, call);
    refuseUndeclared({ info, capabilities }, { ...write, ...call });
    if (!context.root.found) await requireRoot(context, call);
    // An object that a crash has left aside is there.
    if (ifAbsent) await bringBackOnedrive(context, call);
    const partBytes = (position: number) =>
      Math.max(1, Math.min(options.part_size, (size ?? Number.POSITIVE_INFINITY) - position));
    const first = (await source.next(partBytes(0))) ?? new Uint8Array(0);
    const second = await source.next(partBytes(first.length));
    const total = size ?? (second === undefined ? first.length : undefined);
    if (total === undefined) {
      const state = `the length of more than ${options.part_size} bytes must be known beforehand`;
      throw fault(context, call, { kind: "Unsupported", state });
    }
    if (second === undefined && first.length <= SIMPLE_BYTES_MAX) {
      // The answer to one with ifAbsent may have been lost: a second try would find its own object in the way.
      const attempts = ifAbsent ? 1 : taken.attempts;
      return await inFolder(context, call, () =>
        retryHeld({ attempts, signal: call.signal }, () =>
          putObject(context, call, { bytes: first, ifAbsent }),
        ),
      );
    }
    const url = await inFolder(context, call, () => beginSession(context, call, { ifAbsent }));
    try {
      return await sendAll(context, call, {
        url,
        source,
        parts: [first, second],
        partBytes,
        total,
        ifAbsent,
      });
    } catch (error) {
      await abandonSession(context, call, url);
      throw error;
    }
  } finally {
    taken.end();
  }
}

async function putObject(
  context: OnedriveContext,
  call: Call,
  { bytes, ifAbsent }: { readonly bytes: Uint8Array; readonly ifAbsent: boolean },
): Promise<ObjectMeta> {
  const behavior = ifAbsent ? "fail" : "replace";
  const answer = await ask(context, call, {
    method: "PUT",
    path: `${fileAddress(context, call.file, "content")}?@microsoft.graph.conflictBehavior=${behavior}`,
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  });
  const hash = quickXorHash();
  hash.update(bytes);
  const sent = { size: bytes.length, quickXorHash: hash.digest(), bytes };
  return await checked(context, call, { item: itemOf(context, call, answer), sent });
}

async function sendAll(
  context: OnedriveContext,
  call: Call,
  upload: {
    readonly url: string;
    readonly source: PartSource;
    /** What was taken from the source already. */
    readonly parts: readonly [Uint8Array, Uint8Array | undefined];
    readonly partBytes: (position: number) => number;
    readonly total: number;
    readonly ifAbsent: boolean;
  },
): Promise<ObjectMeta> {
  const { url, source, partBytes, total, ifAbsent } = upload;
  const hash = quickXorHash();
  let [part, next] = upload.parts;
  for (let start = 0; ; ) {
    hash.update(part);
    const end = start + part.length;
    const result = await sendPart(context, call, { url, start, bytes: part, total });
    if (next === undefined) {
      const sent = { size: total, quickXorHash: hash.digest() };
      if (result.kind === "complete") {
        return await checked(context, call, { item: itemOf(context, call, result.item), sent });
      }
      return await findSent(context, call, { sent, ifAbsent });
    }
    if (result.kind !== "more") throw lost(context, call);
    source.recycle(part);
    start = end;
    part = next;
    next = await source.next(partBytes(start + part.length));
  }
}

/** The object that an upload must have made whose last answer was lost. Where it had to be a new one it could as well be somebody else's. */
async function findSent(
  context: OnedriveContext,
  call: Call,
  { sent, ifAbsent }: { readonly sent: Sent; readonly ifAbsent: boolean },
): Promise<ObjectMeta> {
  const item = ifAbsent ? undefined : await findItem(context, call);
  const isSame = item?.meta.size === sent.size && item.hashes["quickXorHash"] === sent.quickXorHash;
  if (item === undefined || !isSame) throw lost(context, call);
  return { path: call.path, kind: "file", ...item.meta };
}

/** What was stored, when that is what was sent. Not all drives know all checksums. */
async function checked(
  context: OnedriveContext,
  call: Call,
  { item, sent }: { readonly item: DriveItem; readonly sent: Sent },
): Promise<ObjectMeta> {
  const { bytes } = sent;
  const { quickXorHash: quickXor, sha256Hash, sha1Hash } = item.hashes;
  const differs = (algorithm: "sha256" | "sha1", hash: unknown) =>
    typeof hash === "string" &&
    bytes !== undefined &&
    createHash(algorithm).update(bytes).digest("hex") !== hash.toLowerCase();
  const isOther =
    (item.meta.size ?? sent.size) !== sent.size ||
    (typeof quickXor === "string"
      ? quickXor !== sent.quickXorHash
      : differs("sha256", sha256Hash) || differs("sha1", sha1Hash));
  if (!isOther || !context.options.verify) return { path: call.path, kind: "file", ...item.meta };
  await removeQuietly(context, call, item);
  const state =
    "the service has stored other bytes than were sent, and they were removed; SharePoint changes Office documents, which verify=false allows";
  throw fault(context, call, { kind: "Corrupt", state });
}

/** Removes what was stored, unless somebody has replaced it meanwhile. */
async function removeQuietly(context: OnedriveContext, call: Call, { id, tag }: DriveItem): Promise<void> {
  const place = { operation: call.operation, signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  const headers = tag === undefined ? {} : { "if-match": tag };
  const removing = request(context, place, { method: "DELETE", path: itemAddress(context, id), headers });
  await removing.then(discard, () => {});
}

/** Does `work`, which makes the file of the call, and does it again when the folder was missing and could be made. */
async function inFolder<T>(context: OnedriveContext, call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isKind(error, ...IN_THE_WAY)) throw error;
    const there = await findItem(context, call).catch(() => undefined);
    if (there !== undefined) throw there.kind === "file" ? error : folderInTheWay(context, call);
    if (!isKind(error, "NotFound", "ConditionFailed")) throw error;
    await makeFolder(context, call, folderOf(call.file));
    return await work();
  }
}

/** The error of an object that is to be where a folder is. */
export function folderInTheWay(context: OnedriveContext, call: Call): JcsError {
  return fault(context, call, { kind: "ConditionFailed", state: "there is a folder" });
}

function lost(context: OnedriveContext, call: Call): JcsError {
  const state = "the service has forgotten the upload before it was complete";
  return fault(context, call, { kind: "Unreachable", retry: "later", state });
}
