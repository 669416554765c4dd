import type { Capabilities, StoreInfo, WriteOptions } from "./store.ts";
import { storeError } from "./store_error.ts";

/** Throws `Unsupported` for options of a write that the store has declared to mean nothing: a storage class without `storageClass`,
 *  metadata without `userMetadata`, a content disposition without `contentDisposition`; `Usage` for one that no header could hold. What was asked for is never silently left out. */
export function refuseUndeclared(
  { info, capabilities }: { readonly info: StoreInfo; readonly capabilities: Capabilities },
  call: Pick<WriteOptions, "storageClass" | "metadata" | "contentDisposition" | "checksum"> & {
    readonly operation: string;
    readonly path: string;
  },
): void {
  const { operation, path, storageClass, metadata = {}, contentDisposition, checksum } = call;
  const refuse = (what: string) => {
    const state = `service "${info.service}" keeps no ${what}`;
    return storeError(info, { kind: "Unsupported", operation, path, state });
  };
  if (storageClass !== undefined && !capabilities.storageClass) throw refuse("storage class");
  if (Object.keys(metadata).length > 0 && !capabilities.userMetadata) throw refuse("metadata");
  if (checksum !== undefined && capabilities.checksums?.includes(checksum.algorithm) !== true) {
    const state = `service "${info.service}" takes no checksum ${checksum.algorithm}`;
    throw storeError(info, { kind: "Unsupported", operation, path, state });
  }
  if (contentDisposition === undefined) return;
  if (capabilities.contentDisposition !== true) throw refuse("content disposition");
  if (!/^[\x20-\x7e]*$/.test(contentDisposition)) {
    const state = "a content disposition is printable ASCII";
    throw storeError(info, { kind: "Usage", operation, path, state });
  }
}
