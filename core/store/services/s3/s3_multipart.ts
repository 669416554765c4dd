import type { MultipartUpload, WriteOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { partsOfStream } from "../../upload/part_source.ts";
import { placeOf, type S3Context } from "./s3_context.ts";
import { abortUpload, completeUpload, createUpload, PARTS_MAX, uploadPart } from "./s3_upload.ts";

/** Starts an upload in parts whose parts the caller makes. A part lies in memory while it is sent. */
export async function s3Multipart(
  context: S3Context,
  at: string,
  options: WriteOptions,
): Promise<MultipartUpload> {
  const place = placeOf(context, { operation: "write", path: at });
  const upload = await createUpload(context, place, { ...options, operation: "write" });
  const call = { info: context.info, operation: "write", path: place.path };
  const refused = (state: string) => storeError(context.info, { ...call, kind: "Usage", state });
  return {
    id: upload.id,
    async part(number, body, { size, signal }) {
      if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX) {
        throw refused(`no part can have number ${number}`);
      }
      const taken = takeBody(body, { ...call, size, signal });
      try {
        const source = partsOfStream(taken);
        const bytes = (await source.next(Math.max(size, 1))) ?? new Uint8Array(0);
        await source.next(1);
        return await uploadPart(upload, { number, bytes, signal });
      } finally {
        taken.end();
      }
    },
    async complete(parts, completeOptions) {
      if (parts.length === 0) throw refused("an upload in parts needs at least one part");
      return await completeUpload(upload, parts, { signal: completeOptions?.signal });
    },
    async abort() {
      if (await abortUpload(upload)) return;
      const state = "the parts could not be thrown away";
      throw storeError(context.info, { ...call, kind: "Unreachable", retry: "later", state });
    },
  };
}
