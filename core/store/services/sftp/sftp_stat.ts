import type { ObjectMeta } from "../../store.ts";
import { bringBackSftp } from "./sftp_aside.ts";
import { isMissing, linkTarget } from "./sftp_links.ts";
import { kindOf, metaOf } from "./sftp_meta.ts";
import { requestsOf } from "./sftp_requests.ts";
import type { SftpCall, SftpRoot } from "./sftp_root.ts";
import type { SftpSession } from "./sftp_session.ts";

/** What is at the path of the call, also where a crash has left it aside; of a link to a file what that file has, too. */
export async function statSftp(root: SftpRoot, session: SftpSession, call: SftpCall): Promise<ObjectMeta> {
  const requests = requestsOf(session, root.wait(call));
  const look = () => requests.lstat(root.native(call.path));
  try {
    const found = await look().catch(async (error: unknown) => {
      if (isMissing(error) && (await bringBackSftp(root, session, call))) return await look();
      throw error;
    });
    if (kindOf(found) !== "link") return metaOf(call.path, found);
    const linked = await requests.stat(root.native(call.path)).catch(() => undefined);
    return {
      ...(linked !== undefined && kindOf(linked) === "file" ? metaOf(call.path, linked) : {}),
      ...metaOf(call.path, found),
      linkTarget: await linkTarget(root, { requests, path: call.path }),
    };
  } catch (error) {
    throw isMissing(error) ? await root.missing(session, call) : error;
  }
}
