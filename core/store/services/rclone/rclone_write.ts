import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind, type JcsError } from "../../../errors.ts";
import { isLeftover, temporaryName } from "../../files/reserved_names.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { asRecord } from "../../http/http_json.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { type Body, takeBody } from "../../take_body.ts";
import { lookForObject, replaceRclone, stepsAside } from "./rclone_aside.ts";
import { placeOf, type RcloneContext, rc } from "./rclone_context.ts";
import { requireRoot } from "./rclone_root.ts";
import { findObject, hasDirectories, metaOf } from "./rclone_stat.ts";

/** A body of unknown length up to this many bytes lies in memory, so that its length is known when it is written. */
const GATHER_BYTES_MAX = 1024 * 1024;
const TIDY_TIMEOUT_MS = 20_000;

/** Writes an object. Where objects of the backend may be seen before they are whole, it goes to a temporary name beside the path and is renamed; an old object
 *  steps aside for that ({@link replaceRclone}).
 *
 *  On failure the temporary object is removed, and the old object is at its path, or none; where rclone does not answer any more, the old one may be aside, and comes
 *  back with the next look at its path. */
export async function writeObject(
  context: RcloneContext,
  at: string,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { path, name } = placeOf(context, { operation: "write", path: at });
  const size = write.size ?? (write.body instanceof Uint8Array ? write.body.length : undefined);
  const call = { operation: "write", path, signal: write.signal };
  const body = takeBody(write.body, { info: context.info, ...call, size });
  const isDirect = !stepsAside(context);
  const target = isDirect ? name : temporaryBeside(name);
  try {
    throwIfCancelled(context.info, call);
    refuseUnsupported(context, { ...call, write });
    await requireRoot(context, call);
    if (write.ifAbsent === true) await requireAbsent(context, call);
    try {
      const written = await upload(context, { call, target, body, size });
      if (!isDirect) {
        throwIfCancelled(context.info, call);
        await replaceRclone(context, call, { source: target, target: name });
      }
      return { path, kind: "file", size: written };
    } catch (error) {
      if (!isDirect || !context.features["BucketBased"]) await removeQuietly(context, target);
      throw isKind(error, "Cancelled") ? error : await explain(context, call, error);
    }
  } finally {
    body.end();
  }
}

function refuseUnsupported(context: RcloneContext, call: HttpCall & { readonly write: WriteOptions }): void {
  const { metadata, storageClass } = call.write;
  const what =
    metadata !== undefined ? "metadata" : storageClass !== undefined ? "storage classes" : undefined;
  if (what === undefined) return;
  const { operation, path } = call;
  const state = `the service has no ${what} through rclone`;
  throw storeError(context.info, {
    kind: "Unsupported",
    operation,
    ...(path === undefined ? {} : { path }),
    state,
  });
}

async function requireAbsent(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<void> {
  if ((await lookForObject(context, call)) === undefined) return;
  const { operation, path } = call;
  throw storeError(context.info, {
    kind: "AlreadyExists",
    operation,
    path,
    state: "there is an object already",
  });
}

async function upload(
  context: RcloneContext,
  work: {
    readonly call: HttpCall;
    readonly target: string;
    readonly body: Body;
    readonly size: number | undefined;
  },
): Promise<number> {
  const { call, target, body } = work;
  let written = 0;
  // Of nothing, nothing could be held back until the end of the body is sure.
  const { next, size } =
    work.size === undefined || work.size === 0 ? await gather(body) : { next: body.next, size: work.size };
  const offer = await context.bodies.offer({
    size,
    async next() {
      const chunk = await next();
      written += chunk?.length ?? 0;
      return chunk;
    },
  });
  try {
    const input = { fs: context.remote, remote: target, url: offer.url };
    await rc(context, call, { command: "operations/copyurl", input });
    if (offer.complete()) return written;
    throw storeError(context.info, {
      ...call,
      kind: "Unexpected",
      state: "rclone did not take the whole body",
    });
  } catch (error) {
    // Why the body broke off says more than what rclone makes of it.
    throw offer.failure()?.error ?? error;
  } finally {
    offer.withdraw();
  }
}

/** A body of unknown length with its beginning in memory, and its length when that was all. */
async function gather(body: Body): Promise<{ readonly size: number | undefined; next: Body["next"] }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = bytes > GATHER_BYTES_MAX ? undefined : await body.next();
    if (chunk === undefined) break;
    chunks.push(chunk);
    bytes += chunk.length;
  }
  const size = bytes > GATHER_BYTES_MAX ? undefined : bytes;
  return { size, next: async () => chunks.shift() ?? (await body.next()) };
}

/** Removes a temporary object that a crash has left long ago. */
export async function removeLeftover(context: RcloneContext, name: string): Promise<void> {
  const call = { operation: "remove", signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  const input = { fs: context.remote, remote: name };
  const { item } = asRecord(await rc(context, call, { command: "operations/stat", input }).catch(() => {}));
  if (item && isLeftover(metaOf(item).modifiedAt)) await removeQuietly(context, name);
}

/** A new name for an object that will have the name `name`. */
export function temporaryBeside(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1) + temporaryName();
}

/** Removes what a failed write has left, also when the caller has cancelled. What cannot be removed stays hidden by its name. */
export async function removeQuietly(context: RcloneContext, name: string): Promise<void> {
  const call = { operation: "remove", signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  const input = { fs: context.remote, remote: name };
  await rc(context, call, { command: "operations/deletefile", input }).catch(() => {});
}

/** The failure, or the reason for it that rclone does not tell: a directory is where the object should be, or an object where a directory. */
async function explain(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
  error: unknown,
): Promise<unknown> {
  if (
    !hasDirectories(context) ||
    isKind(error, "ConditionFailed", "Throttled", "NoSpace", "PermissionDenied")
  )
    return error;
  return (await obstacle(context, call).catch(() => undefined)) ?? error;
}

/** What stands in the way of an object at this path, if anything. */
export async function obstacle(
  context: RcloneContext,
  call: HttpCall & { readonly path: string },
): Promise<JcsError | undefined> {
  const { operation, path } = call;
  const refuse = (state: string) =>
    storeError(context.info, { kind: "ConditionFailed", operation, path, state });
  if ((await findObject(context, call))?.kind === "directory") return refuse("there is a directory");
  const names = path.split("/");
  for (let count = 1; count < names.length; count++) {
    const above = names.slice(0, count).join("/");
    const found = await findObject(context, { ...call, path: above });
    if (found?.kind === "file") return refuse(`${JSON.stringify(above)} is an object and no directory`);
    if (found === undefined) return undefined;
  }
  return undefined;
}
