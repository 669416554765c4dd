import { type AsideFiles, asideOf, bringBack } from "../../files/replace_aside.ts";
import { kindOf } from "./sftp_meta.ts";
import { requestsOf, type SftpRequests } from "./sftp_requests.ts";
import type { SftpCall, SftpRoot } from "./sftp_root.ts";
import { type SftpSession, STATUS, statusOf } from "./sftp_session.ts";

/** Whether the server can rename over a file, so that nothing ever steps aside. */
export function renamesOver(session: SftpSession): boolean {
  return session.extensions.has("posix-rename@openssh.com");
}

/** Files of a server that cannot rename over a file, by their paths on the server. */
export function asideFiles(requests: SftpRequests): AsideFiles {
  return {
    rename: (source, target) => requests.renameNew(source, target),
    remove: (path) => requests.remove(path).catch(unlessMissing),
    async look(path) {
      const found = await requests.lstat(path).catch(unlessMissing);
      if (found === undefined) return undefined;
      return kindOf(found) === "directory" ? "directory" : "object";
    },
  };
}

/** Gives the object of the call its place back where a crash has left it aside; says whether there is something now. */
export async function bringBackSftp(root: SftpRoot, session: SftpSession, call: SftpCall): Promise<boolean> {
  if (renamesOver(session)) return false;
  return await bringBack(asideFiles(requestsOf(session, root.wait(call))), root.native(call.path));
}

/** Removes what a crash may have left aside of an object that is to go. */
export async function forgetAside(root: SftpRoot, session: SftpSession, call: SftpCall): Promise<void> {
  if (renamesOver(session)) return;
  await asideFiles(requestsOf(session, root.wait(call))).remove(asideOf(root.native(call.path)));
}

/** What a list does with an object that it finds aside: gives it its place back, and tells what it is; removes it where another one has its place. */
export async function settleAside(
  root: SftpRoot,
  session: SftpSession,
  call: SftpCall,
): Promise<Awaited<ReturnType<SftpRequests["lstat"]>> | undefined> {
  const requests = requestsOf(session, root.wait(call));
  const native = root.native(call.path);
  const files = asideFiles(requests);
  if ((await files.look(native)) !== undefined) await files.remove(asideOf(native)).catch(() => {});
  else if (!renamesOver(session) && (await bringBack(files, native))) return await requests.lstat(native);
  return undefined;
}

function unlessMissing(error: unknown): undefined {
  const status = statusOf(error);
  if (status !== STATUS.noSuchFile && status !== STATUS.notADirectory) throw error;
}
