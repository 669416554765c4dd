import type { Edge } from "../command.ts";
import { parseNatives } from "./native_address.ts";
import { refuseSpaceOptions } from "./refuse_options.ts";
import { splitTarget } from "./split_target.ts";

/** How `cp` and `mv` explain their target. */
export const TARGET_HELP = `A target that is a package, or ends with "/", is gone into under the own names; otherwise it is the new name. Several sources, and
what a glob matches, always go into the target; a glob's matches keep their path below the last directory before the first wildcard.
The package of the target must exist. An object at the target is replaced unless --if-absent is given.`;

/** How they explain their arguments. */
export const PATHS_HELP = `sources: bucket/package/path, a glob, or a prefix with / at its end
the last one is the target: bucket/package, bucket/package/prefix/ or bucket/package/path;
or all of them space:path`;

/** The options of `cp`; `mv` has the first two. */
export interface RelocateOptions {
  readonly recursive?: true | undefined;
  readonly ifAbsent?: true | undefined;
  readonly skipUnchanged?: true | undefined;
  readonly contentType?: string | undefined;
  readonly storageClass?: string | undefined;
}

/** Copies or moves what the arguments name, inside jcs or between spaces. */
export async function relocate(
  edge: Edge,
  command: "cp" | "mv",
  { paths, options }: { readonly paths: readonly string[]; readonly options: RelocateOptions },
): Promise<void> {
  const { sources, target } = splitTarget(paths, "target");
  const [to, ...from] = parseNatives([target, ...sources]) ?? [];
  if (to !== undefined) {
    const { relocateNative } = await import("./native/relocate_native.ts");
    return await relocateNative(edge, { command, sources: from, target: to, options });
  }
  refuseSpaceOptions({ ...options }, { command, keys: ["skipUnchanged", "contentType", "storageClass"] });
  const { runRelocate } = await import("./run_relocate.ts");
  await runRelocate(edge, { ...options, sources, target, command });
}
