import { JcsError } from "../../../core/errors.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import type { Edge } from "../../command.ts";

/** Removes what is left of directories whose files are gone, where directories are more than prefixes. What still holds something stays; what
 *  cannot be removed is reported. */
export async function removeEmptied(
  edge: Edge,
  options: { readonly native: NativeClient; readonly directories: readonly NativeAddress[] },
): Promise<void> {
  for (const at of options.directories) {
    try {
      await options.native.removeDirectories(at, { signal: edge.signal });
    } catch (error) {
      if (!(error instanceof JcsError) || error.kind === "Cancelled") throw error;
      edge.output.failure(error);
    }
  }
}
