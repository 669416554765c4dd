import { storeError } from "../../store_error.ts";
import { kindOf } from "./sftp_meta.ts";
import { requestsOf } from "./sftp_requests.ts";
import type { SftpCall, SftpRoot } from "./sftp_root.ts";
import { type SftpSession, STATUS, statusOf } from "./sftp_session.ts";

/** Makes the directories of `call.path` that are missing and returns the parents of those it made. Never makes the root: when that is
 *  gone, `Unreachable`. An object in the way is `ConditionFailed`. */
export async function makeDirectories(
  root: SftpRoot,
  { session, ...call }: SftpCall & { readonly session: SftpSession },
): Promise<readonly string[]> {
  await root.require(session, call);
  const requests = requestsOf(session, root.wait(call));
  const names = call.path === "" ? [] : call.path.split("/");
  const paths = names.map((_, index) => names.slice(0, index + 1).join("/"));
  const parents: string[] = [];
  for (const path of paths) {
    const native = root.native(path);
    if (await isDirectory(root, { ...call, session, native })) continue;
    try {
      await requests.makeDirectory(native);
      parents.push(native.slice(0, native.lastIndexOf("/")) || "/");
    } catch (error) {
      // Somebody else may have made it in this very moment. OpenSSH has no better word for it than failure.
      if (statusOf(error) !== STATUS.failure && statusOf(error) !== STATUS.fileAlreadyExists) throw error;
      if (!(await isDirectory(root, { ...call, session, native }))) throw error;
    }
  }
  return parents;
}

async function isDirectory(
  root: SftpRoot,
  { session, native, ...call }: SftpCall & { readonly session: SftpSession; readonly native: string },
): Promise<boolean> {
  try {
    const found = await requestsOf(session, root.wait(call)).stat(native);
    if (kindOf(found) === "directory") return true;
  } catch (error) {
    if (statusOf(error) === STATUS.noSuchFile) return false;
    throw error;
  }
  const state = "an object is in the way where a directory is needed";
  throw storeError(root.info, { operation: call.operation, path: call.path, kind: "ConditionFailed", state });
}

/** The directory of a normalised path, empty at the top. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
