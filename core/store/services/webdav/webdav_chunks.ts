import { randomUUID } from "node:crypto";
import { discard } from "../../http/http_client.ts";
import { storeError } from "../../store_error.ts";
import type { PartSource } from "../../upload/part_source.ts";
import { sendParts } from "../../upload/send_parts.ts";
import { destinationOf, parentOf, request, resourceOf, type WebdavContext } from "./webdav_context.ts";
import { makeDirectories, moveOver, type ReplaceCall } from "./webdav_replace.ts";

/** Chunks that one upload may have, on Nextcloud. */
const CHUNKS_MAX = 10_000;
const CLEAN_UP_TIMEOUT_MS = 15_000;

/** Writes an object in chunks, several at the same time, which the server joins at the end. Whatever fails, the chunks are thrown away. Gives the
 *  number of bytes. Source: Nextcloud developer manual, "Chunked file upload", version 2; ownCloud takes the same. */
export async function writeChunks(
  context: WebdavContext,
  call: ReplaceCall,
  write: {
    readonly first: readonly Uint8Array[];
    readonly source: PartSource;
    readonly ifAbsent: boolean;
    readonly halt: AbortController;
  },
): Promise<number> {
  const {
    part_size: partBytes,
    part_concurrency: concurrency,
    upload_directory: uploads = "",
  } = context.options;
  const { first, source, ifAbsent, halt } = write;
  const top = uploads.split("/").map(encodeURIComponent).join("/").replace(/^\/?/, "/").replace(/\/$/, "");
  const directory = `${top}/jcs-${randomUUID()}`;
  const destination = destinationOf(context, resourceOf(context, call.path));
  await makeDirectories(context, call, parentOf(call.path));
  discard(await request(context, call, { method: "MKCOL", path: directory, headers: { destination } }));
  try {
    const sizes = await sendParts(source, {
      first,
      partBytes: () => partBytes,
      concurrency,
      signal: call.signal ?? halt.signal,
      halt,
      async send(number, bytes) {
        if (number > CHUNKS_MAX) {
          const state = `the object has more than ${CHUNKS_MAX} chunks; set a larger part_size`;
          throw storeError(context.info, { ...call, kind: "Unsupported", state });
        }
        // The server joins them in the order of their names.
        const path = `${directory}/${String(number).padStart(5, "0")}`;
        discard(await request(context, call, { method: "PUT", path, headers: { destination }, body: bytes }));
        return bytes.length;
      },
    });
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const headers = { "oc-total-length": String(bytes) };
    await moveOver(context, call, { from: `${directory}/.file`, ifAbsent, headers });
    return bytes;
  } catch (error) {
    const signal = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
    await request(context, { ...call, signal }, { method: "DELETE", path: directory }).then(
      discard,
      () => {},
    );
    throw error;
  }
}
