import type { ByteStream } from "../../../bytes/byte_stream.ts";
import type { ErrorKind } from "../../../errors.ts";
import type { CallOptions, MultipartUpload, ObjectMeta } from "../../store.ts";
import type { MemoryContent } from "./memory_content.ts";

/** An upload in parts to memory: parts lie here until `complete` joins them into one object. */
export function memoryMultipart(upload: {
  receive(
    body: Uint8Array | ByteStream,
    call: CallOptions & { readonly size: number },
  ): Promise<MemoryContent>;
  commit(content: MemoryContent): ObjectMeta;
  fail(kind: ErrorKind, state: string): Error;
}): MultipartUpload {
  const parts = new Map<number, MemoryContent & { readonly etag: string }>();
  let open = true;
  let received = 0;
  const requireOpen = () => {
    if (!open) throw upload.fail("NotFound", "the upload in parts is over");
  };
  return {
    id: crypto.randomUUID(),
    async part(number, body, call) {
      requireOpen();
      if (!Number.isInteger(number) || number < 1)
        throw upload.fail("Usage", `no part can have number ${number}`);
      const content = await upload.receive(body, call);
      requireOpen();
      received += 1;
      const etag = `"${number}-${received}"`;
      parts.set(number, { ...content, etag });
      return { number, etag, size: content.size };
    },
    async complete(wanted, call) {
      requireOpen();
      if (call?.signal?.aborted === true) throw upload.fail("Cancelled", "cancelled");
      if (wanted.length === 0) throw upload.fail("Usage", "an upload in parts needs at least one part");
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (const { number, etag } of wanted.toSorted((left, right) => left.number - right.number)) {
        const part = parts.get(number);
        if (part?.etag !== etag)
          throw upload.fail("ConditionFailed", `part ${number} is not what was uploaded`);
        chunks.push(...part.chunks);
        size += part.size;
      }
      const meta = upload.commit({ chunks, size });
      open = false;
      parts.clear();
      return meta;
    },
    async abort() {
      open = false;
      parts.clear();
    },
  };
}
