import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { Body } from "../../take_body.ts";
import { bringBackSftp } from "./sftp_aside.ts";
import type { SftpContext } from "./sftp_context.ts";
import { makeDirectories, parentOf } from "./sftp_directories.ts";
import { isMissing } from "./sftp_links.ts";
import { kindOf, metaOf } from "./sftp_meta.ts";
import { OPEN, requestsOf } from "./sftp_requests.ts";
import type { SftpCall } from "./sftp_root.ts";
import { sendBody } from "./sftp_send.ts";
import type { SftpSession } from "./sftp_session.ts";

/** Writes the body into a file where it lies: from `offset` on, which must not be past the end, or at the end, where there may be no
 *  file yet. Durable when it resolves. What fails in the middle may have written a part. */
export async function changeSftp(
  context: SftpContext,
  change: SftpCall & { readonly session: SftpSession; readonly body: Body; readonly offset?: number },
): Promise<ObjectMeta> {
  const { root, durable } = context;
  const { session, body, offset, ...call } = change;
  const { operation, path } = call;
  const requests = requestsOf(session, root.wait(call));
  const native = root.native(path);
  if (offset !== undefined && !(Number.isSafeInteger(offset) && offset >= 0)) {
    throw storeError(root.info, { operation, path, kind: "Usage", state: `there is no byte ${offset}` });
  }
  // An append may make the file: not on a disk that is not there.
  if (root.isPrepared) await root.require(session, call);
  await bringBackSftp(root, session, call);
  const open = () => requests.open(native, offset === undefined ? OPEN.append : OPEN.change);
  const handle = await open().catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    if (offset !== undefined) throw await root.missing(session, call);
    await makeDirectories(root, { ...call, path: parentOf(path), session });
    return await open();
  });
  let isOpen = true;
  try {
    const before = await requests.fstat(handle);
    if ((kindOf(before) ?? "file") !== "file") throw await root.missing(session, call);
    if (offset !== undefined && offset > before.size) {
      const state = `byte ${offset} is past the end of ${before.size} bytes`;
      throw storeError(root.info, { operation, path, kind: "Usage", state });
    }
    await sendBody(session, { handle, body, offset: offset ?? before.size, wait: root.wait(call) });
    if (durable && session.extensions.has("fsync@openssh.com")) await requests.sync(handle);
    const after = await requests.fstat(handle);
    isOpen = false;
    await requests.close(handle);
    if (durable) await context.syncDirectory(session, root.native(parentOf(path)));
    return metaOf(path, after);
  } finally {
    if (isOpen) {
      requestsOf(session)
        .close(handle)
        .catch(() => {});
    }
  }
}
