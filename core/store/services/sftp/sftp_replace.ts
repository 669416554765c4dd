import { within } from "../../../bytes/within.ts";
import { isKind, type JcsError } from "../../../errors.ts";
import { replaceAside } from "../../files/replace_aside.ts";
import { temporaryName } from "../../files/reserved_names.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { asideFiles, bringBackSftp, renamesOver } from "./sftp_aside.ts";
import type { SftpContext } from "./sftp_context.ts";
import { makeDirectories, parentOf } from "./sftp_directories.ts";
import { kindOf, metaOf } from "./sftp_meta.ts";
import { OPEN, requestsOf } from "./sftp_requests.ts";
import type { SftpCall } from "./sftp_root.ts";
import { NO_CONNECTION, type SftpSession, STATUS, statusOf } from "./sftp_session.ts";

/** How long a write that failed waits until what it left is removed; after that it goes on in the background. */
const CLEAN_UP_WAIT_MS = 400;

/** How the new content comes about: writes it into an open, empty file and returns how many bytes it has. */
export type FillFile = (handle: Buffer) => Promise<number>;

/** Makes a temporary file next to the target and then gives it the target's name: with `posix-rename@openssh.com`, or with a hard link
 *  where nothing may be replaced. Servers that lack these rename without replacing, as the protocol has it.
 *
 *  On failure the temporary file is removed, if need be on another connection, and the target is what it was. A root that has vanished
 *  is never made anew. */
export async function replaceFile(
  context: SftpContext,
  target: SftpCall & { readonly session: SftpSession; readonly ifAbsent: boolean; readonly fill: FillFile },
): Promise<ObjectMeta> {
  const { root, durable } = context;
  const { session, ifAbsent, fill, ...call } = target;
  const requests = requestsOf(session, root.wait(call));
  const native = root.native(call.path);
  const directory = native.slice(0, native.lastIndexOf("/")) || "/";
  const temporary = `${directory === "/" ? "" : directory}/${temporaryName()}`;
  let handle: Buffer | undefined;
  let mayBeLeft = true;
  try {
    handle = await createFile(context, { ...call, session, native: temporary });
    // The mark is looked for while the bytes are on their way.
    const marked = root.isPrepared ? root.require(session, call) : Promise.resolve();
    marked.catch(() => {});
    const bytes = await fill(handle);
    await marked;
    const syncing =
      durable && session.extensions.has("fsync@openssh.com") ? requests.sync(handle) : undefined;
    const [synced, found, closed] = await Promise.allSettled([
      syncing,
      requests.fstat(handle),
      requests.close(handle),
    ]);
    handle = undefined;
    if (synced.status === "rejected") throw synced.reason;
    if (closed.status === "rejected") throw closed.reason;
    if (found.status === "rejected") throw found.reason;
    if (found.value.size !== bytes) {
      const state = `the server kept ${found.value.size} of ${bytes} bytes`;
      throw storeError(root.info, { ...call, kind: "Unreachable", state, retry: "later" });
    }
    if (ifAbsent) await bringBackSftp(root, session, call);
    await giveName(session, { requests, temporary, native, ifAbsent });
    mayBeLeft = ifAbsent && session.extensions.has("hardlink@openssh.com");
    if (mayBeLeft) {
      await requests.remove(temporary);
      mayBeLeft = false;
    }
    await context.syncDirectory(session, directory);
    return metaOf(call.path, found.value);
  } catch (error) {
    if (mayBeLeft) await cleanUp(context, { session, handle, temporary });
    throw await explain(context, { ...call, session, ifAbsent, cause: error });
  }
}

/** Creates a file where none may be, and its directories where they are missing. */
async function createFile(
  context: SftpContext,
  { session, native, ...call }: SftpCall & { readonly session: SftpSession; readonly native: string },
): Promise<Buffer> {
  const { root } = context;
  for (let tries = 1; ; tries++) {
    try {
      return await requestsOf(session, root.wait(call)).open(native, OPEN.create);
    } catch (error) {
      const status = statusOf(error);
      const isMissing = status === STATUS.noSuchFile || status === STATUS.notADirectory;
      // Somebody may have removed the directory in this very moment.
      if (!isMissing || tries === 3) throw error;
    }
    for (const parent of await makeDirectories(root, { ...call, path: parentOf(call.path), session })) {
      await context.syncDirectory(session, parent);
    }
  }
}

async function giveName(
  session: SftpSession,
  file: {
    readonly requests: ReturnType<typeof requestsOf>;
    readonly temporary: string;
    readonly native: string;
    readonly ifAbsent: boolean;
  },
): Promise<void> {
  const { requests, temporary, native, ifAbsent } = file;
  if (ifAbsent) {
    if (session.extensions.has("hardlink@openssh.com")) await requests.hardLink(temporary, native);
    else await requests.renameNew(temporary, native);
    return;
  }
  await renameOver(session, { requests, source: temporary, target: native });
}

/** Renames and replaces the target, which must not be a directory. On servers that cannot do that in one step the old object steps aside
 *  for a moment, and comes back when the new one cannot take its place. */
export async function renameOver(
  session: SftpSession,
  file: {
    readonly requests: ReturnType<typeof requestsOf>;
    readonly source: string;
    readonly target: string;
  },
): Promise<void> {
  const { requests, source, target } = file;
  if (renamesOver(session)) await requests.renameOver(source, target);
  else await replaceAside(asideFiles(requests), { source, target });
}

/** Removes what a failed write left. Never throws. */
async function cleanUp(
  context: SftpContext,
  left: {
    readonly session: SftpSession;
    readonly handle: Buffer | undefined;
    readonly temporary: string;
  },
): Promise<void> {
  const { session, handle, temporary } = left;
  const remove = async () => {
    const requests = requestsOf(session);
    const [, removed] = await Promise.allSettled([
      handle === undefined ? undefined : requests.close(handle),
      requests.remove(temporary),
    ]);
    if (removed.status === "fulfilled" || statusOf(removed.reason) !== undefined) return;
    // The connection is lost: another one may do.
    const call = { operation: "write", path: "", signal: AbortSignal.timeout(CLEAN_UP_WAIT_MS * 10) };
    await context.root.run(call, (other) => requestsOf(other, context.root.wait(call)).remove(temporary));
  };
  const removing = remove().catch(() => {});
  session.doubt(removing);
  context.background.add(removing);
  void removing.finally(() => context.background.delete(removing));
  await within(removing, CLEAN_UP_WAIT_MS);
}

/** What a failed change means. Servers have one word for many things; a look tells which of them it was. */
export async function explain(
  context: SftpContext,
  fault: SftpCall & { readonly session: SftpSession; readonly ifAbsent?: boolean; readonly cause: unknown },
): Promise<unknown> {
  const { root } = context;
  const { session, ifAbsent = false, cause, ...call } = fault;
  const status = statusOf(cause);
  // Only the server's own answers need explaining; what the body threw is passed on as it is.
  if (status === undefined) return isLost(cause) ? root.fault(call, cause) : cause;
  const make = (kind: JcsError["kind"], state: string) =>
    storeError(root.info, { ...call, kind, state, cause });
  try {
    if (status === STATUS.noSuchFile) {
      await root.require(session, call);
      const state = "its directory was removed meanwhile";
      return storeError(root.info, { ...call, kind: "Unreachable", state, retry: "later", cause });
    }
    if (status !== STATUS.failure && status !== STATUS.fileAlreadyExists) return root.fault(call, cause);
    const requests = requestsOf(session, root.wait(call));
    const native = root.native(call.path);
    const found = await requests.lstat(native).catch(() => undefined);
    if (ifAbsent && found !== undefined) return make("AlreadyExists", "there is an object already");
    if (found !== undefined && kindOf(found) === "directory") {
      return make("ConditionFailed", "there is a directory at the path");
    }
    if (session.extensions.has("statvfs@openssh.com")) {
      const free = await requests.freeBytes(root.native("")).catch(() => undefined);
      if (free !== undefined && free < FULL_BYTES) return make("NoSpace", "no space left on the server");
    }
    return root.fault(call, cause);
  } catch (error) {
    return isKind(error, "Unreachable", "Cancelled") ? error : root.fault(call, cause);
  }
}

/** A file system with less free space than one request counts as full when a write to it fails. */
const FULL_BYTES = 1024 * 1024;

function isLost(cause: unknown): boolean {
  return cause instanceof Error && cause.message === NO_CONNECTION;
}
