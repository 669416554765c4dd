import type { Capabilities, StoreInfo, WriteOptions } from "./store.ts";
import { storeError } from "./store_error.ts";

/** Throws `Unsupported` for options of a write that the store has declared to mean nothing: a storage class without `storageClass`,
 *  metadata without `userMetadata`. What was asked for is never silently left out. */
export function refuseUndeclared(
  { info, capabilities }: { readonly info: StoreInfo; readonly capabilities: Capabilities },
  call: Pick<WriteOptions, "storageClass" | "metadata"> & {
    readonly operation: string;
    readonly path: string;
  },
): void {
  const { operation, path, storageClass, metadata = {} } = call;
  const refuse = (what: string) =>
    storeError(info, {
      kind: "Unsupported",
      operation,
      path,
      state: `service "${info.service}" keeps no ${what}`,
    });
  if (storageClass !== undefined && !capabilities.storageClass) throw refuse("storage class");
  if (Object.keys(metadata).length > 0 && !capabilities.userMetadata) throw refuse("metadata");
}
