import { bringBackSftp, forgetAside } from "./sftp_aside.ts";
import type { SftpContext } from "./sftp_context.ts";
import { makeDirectories, parentOf } from "./sftp_directories.ts";
import { isMissing, moveLink } from "./sftp_links.ts";
import { kindOf } from "./sftp_meta.ts";
import { renameOver } from "./sftp_replace.ts";
import { requestsOf } from "./sftp_requests.ts";
import type { SftpCall } from "./sftp_root.ts";
import type { SftpSession } from "./sftp_session.ts";

/** Gives the file or link at the path of `source` the path of `move`, and replaces what is there. */
export async function moveSftp(
  context: SftpContext,
  move: SftpCall & { readonly session: SftpSession; readonly source: SftpCall },
): Promise<void> {
  const { root } = context;
  const { session, source: from, ...to } = move;
  const requests = requestsOf(session, root.wait(from));
  const names = { requests, source: root.native(from.path), target: root.native(to.path) };
  await bringBackSftp(root, session, from);
  const found = await requests.lstat(names.source).catch(async (error: unknown) => {
    throw isMissing(error) ? await root.missing(session, from) : error;
  });
  if (kindOf(found) === "directory") throw await root.missing(session, from);
  if (names.source === names.target) return;
  // What a crash has left of the source would come back in its place.
  await forgetAside(root, session, from);
  const parents = await makeDirectories(root, { ...to, path: parentOf(to.path), session });
  if (kindOf(found) === "link") await moveLink(session, names);
  else await renameOver(session, names);
  for (const parent of parents) await context.syncDirectory(session, parent);
  await context.syncDirectory(session, root.native(parentOf(to.path)));
  await context.syncDirectory(session, root.native(parentOf(from.path)));
}
