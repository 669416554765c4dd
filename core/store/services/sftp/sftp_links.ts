import { posix } from "node:path";
import { temporaryName } from "../../files/reserved_names.ts";
import { storeError } from "../../store_error.ts";
import type { SftpContext } from "./sftp_context.ts";
import { makeDirectories, parentOf } from "./sftp_directories.ts";
import { kindOf } from "./sftp_meta.ts";
import { renameOver } from "./sftp_replace.ts";
import { requestsOf, type SftpRequests } from "./sftp_requests.ts";
import type { SftpCall, SftpRoot } from "./sftp_root.ts";
import { type SftpSession, STATUS, statusOf } from "./sftp_session.ts";

/** Makes a symbolic link at `call.path` that leads to `target`, a normalised path of the store, or replaces the link that is there.
 *
 *  The link is relative, so that it stays right when the root is moved. `AlreadyExists` when anything else is at the path. */
export async function makeLink(
  context: SftpContext,
  { session, target, ...call }: SftpCall & { readonly session: SftpSession; readonly target: string },
): Promise<void> {
  const { root } = context;
  const requests = requestsOf(session, root.wait(call));
  const native = root.native(call.path);
  const text = posix.relative(posix.join("/", parentOf(call.path)), posix.join("/", target));
  await makeDirectories(root, { ...call, path: parentOf(call.path), session });
  try {
    await requests.symbolicLink(text, native);
  } catch (error) {
    const found = await requests.lstat(native).catch(() => undefined);
    if (found === undefined) throw error;
    if (kindOf(found) !== "link") {
      const { operation, path } = call;
      throw storeError(root.info, {
        operation,
        path,
        kind: "AlreadyExists",
        state: "there is an object already",
      });
    }
    await replaceByLink(session, { requests, text, native });
  }
  await context.syncDirectory(session, posix.dirname(native));
}

/** Moves the link at `source` to `target`, replacing what is there, so that it leads to the same place as before. */
export async function moveLink(
  session: SftpSession,
  link: { readonly requests: SftpRequests; readonly source: string; readonly target: string },
): Promise<void> {
  const { requests, source, target } = link;
  const text = await requests.readLink(source);
  // A relative link would lead elsewhere from another directory.
  if (text.startsWith("/") || posix.dirname(source) === posix.dirname(target)) {
    return await renameOver(session, link);
  }
  const moved = posix.relative(posix.dirname(target), posix.join(posix.dirname(source), text));
  await replaceByLink(session, { requests, text: moved, native: target });
  await requests.remove(source);
}

/** What the link at `path` leads to: the path of the store where it lies inside, else the text of the link. */
export async function linkTarget(
  root: SftpRoot,
  { requests, path }: { readonly requests: SftpRequests; readonly path: string },
): Promise<string> {
  const text = await requests.readLink(root.native(path));
  const from = posix.join("/", parentOf(path));
  const inside = text.startsWith("/")
    ? posix.relative(root.native(""), text)
    : posix.relative("/", posix.join(from, text));
  // Names that climb above the root cannot be told from those that do not once they are joined.
  const depth = from.split("/").filter((name) => name !== "").length;
  const climbs = !text.startsWith("/") && climbsOf(text) > depth;
  return climbs || inside === "" || inside === ".." || inside.startsWith("../") ? text : inside;
}

function climbsOf(text: string): number {
  const names = posix.normalize(text).split("/");
  return names.filter((name) => name === "..").length;
}

async function replaceByLink(
  session: SftpSession,
  link: { readonly requests: SftpRequests; readonly text: string; readonly native: string },
): Promise<void> {
  const { requests, text, native } = link;
  const temporary = posix.join(posix.dirname(native), temporaryName());
  await requests.symbolicLink(text, temporary);
  try {
    await renameOver(session, { requests, source: temporary, target: native });
  } catch (error) {
    await requestsOf(session)
      .remove(temporary)
      .catch(() => {});
    throw error;
  }
}

/** Whether a path is missing. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === STATUS.noSuchFile || statusOf(error) === STATUS.notADirectory;
}
