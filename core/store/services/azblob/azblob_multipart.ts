import type { MultipartUpload, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { partsOfStream } from "../../upload/part_source.ts";
import { type AzblobContext, placeOf } from "./azblob_context.ts";
import { BLOCKS_MAX, beginUpload, commitBlocks, putBlock } from "./azblob_upload.ts";

/** Starts an upload in blocks whose parts the caller makes. A part lies in memory while it is sent. */
export async function azblobMultipart(
  context: AzblobContext,
  at: string,
  options: WriteOptions,
): Promise<MultipartUpload> {
  const place = placeOf(context, { operation: "write", path: at });
  const call = { operation: "write", path: place.path };
  throwIfCancelled(context.info, { ...call, signal: options.signal });
  const upload = await beginUpload(context, place, { ...options, operation: "write" });
  const refused = (state: string) => storeError(context.info, { ...call, kind: "Usage", state });
  let aborted = false;
  const requireOpen = () => {
    if (!aborted) return;
    throw storeError(context.info, { ...call, kind: "NotFound", state: "no such upload in parts" });
  };
  return {
    id: upload.id,
    async part(number, body, { size, signal }) {
      requireOpen();
      if (!Number.isInteger(number) || number < 1 || number > BLOCKS_MAX) {
        throw refused(`no part can have number ${number}`);
      }
      const taken = takeBody(body, { info: context.info, ...call, size, signal });
      try {
        const source = partsOfStream(taken);
        const bytes = (await source.next(Math.max(size, 1))) ?? new Uint8Array(0);
        await source.next(1);
        // The service has no empty blocks, and one says nothing.
        if (bytes.length === 0) return { number, etag: "", size: 0 };
        return await putBlock(upload, { number, bytes, signal });
      } finally {
        taken.end();
      }
    },
    async complete(parts, completeOptions) {
      requireOpen();
      if (parts.length === 0) throw refused("an upload in parts needs at least one part");
      const filled = parts.filter((part) => part.size > 0);
      return await commitBlocks(upload, filled, { signal: completeOptions?.signal, again: true });
    },
    async abort() {
      aborted = true;
    },
  };
}
