import { storeError } from "../../store_error.ts";
import { bringBackSftp } from "./sftp_aside.ts";
import type { SftpContext } from "./sftp_context.ts";
import { isMissing } from "./sftp_links.ts";
import { kindOf } from "./sftp_meta.ts";
import { replaceFile } from "./sftp_replace.ts";
import { OPEN, requestsOf } from "./sftp_requests.ts";
import type { SftpCall } from "./sftp_root.ts";
import type { SftpSession } from "./sftp_session.ts";

/** Bytes of one request to copy: the server does nothing else on the connection meanwhile. */
const PIECE_BYTES = 32 * 1024 * 1024;

/** Copies a file on the server with the `copy-data` extension: into a temporary file that then gets the target's name. */
export async function copySftp(
  context: SftpContext,
  copy: SftpCall & { readonly session: SftpSession; readonly source: SftpCall },
): Promise<void> {
  const { root } = context;
  const { session, source, ...target } = copy;
  const requests = requestsOf(session, root.wait(source));
  await bringBackSftp(root, session, source);
  const handle = await requests.open(root.native(source.path), OPEN.read).catch(async (error: unknown) => {
    throw isMissing(error) ? await root.missing(session, source) : root.fault(source, error);
  });
  try {
    const { size, ...found } = await requests.fstat(handle);
    if ((kindOf(found) ?? "file") !== "file") throw await root.missing(session, source);
    await replaceFile(context, {
      ...target,
      session,
      ifAbsent: false,
      async fill(to) {
        for (let offset = 0; offset < size; offset += PIECE_BYTES) {
          const length = Math.min(PIECE_BYTES, size - offset);
          await requests.copyData(handle, to, { offset, length }).catch((cause: unknown) => {
            const { operation, path } = target;
            const state = "the server could not copy the bytes";
            throw storeError(root.info, { operation, path, kind: "Unexpected", state, cause });
          });
        }
        return size;
      },
    });
  } finally {
    requestsOf(session)
      .close(handle)
      .catch(() => {});
  }
}
