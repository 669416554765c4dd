import type { WriteOptions } from "../../../core/store/store.ts";
import type { Edge } from "../../command.ts";

/** What the command line of `put` and `tee` said of the files that are written. */
export interface NativeWriteOptions {
  readonly ifAbsent?: true | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly contentType?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly storageClass?: string | undefined;
}

/** The same for the store; Ctrl-C ends the write. */
export function nativeWriteOptions(edge: Edge, options: NativeWriteOptions): WriteOptions {
  const { ifAbsent, metadata, contentType, contentDisposition, storageClass } = options;
  return {
    signal: edge.signal,
    ...(ifAbsent ? { ifAbsent } : {}),
    ...(metadata === undefined ? {} : { metadata }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}
