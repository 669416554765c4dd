import { JcsError } from "../../../core/errors.ts";
import type { NativeAddress } from "../../../core/native_client.ts";
import { refuseOwn } from "../../../core/objects/own_directory.ts";
import type { Edge } from "../../command.ts";
import { formatNative } from "../native_address.ts";
import { plural } from "../plural.ts";
import { doneText, endRun, runObjects } from "../run_objects.ts";
import { withoutMissing } from "../run_rm.ts";
import { showDetail } from "../show_detail.ts";
import { type NativeItem, nativeItems } from "./native_items.ts";
import { nativeOf } from "./native_of.ts";
import { removeEmptied } from "./remove_emptied.ts";

/** Removes files of spaces; with `recursive` all below directories, and these too. Never what belongs to jcs. */
export async function removeNative(
  edge: Edge,
  rm: {
    readonly addresses: readonly NativeAddress[];
    readonly recursive?: true | undefined;
    readonly force?: true | undefined;
    readonly dryRun?: true | undefined;
  },
): Promise<void> {
  const native = nativeOf(await edge.client());
  const emptied: NativeAddress[] = [];
  let removed = 0;
  const items = nativeItems(native, {
    addresses: rm.addresses,
    recursive: rm.recursive,
    signal: edge.signal,
    check: (selection, at) => {
      if (selection.kind !== "tree") return;
      const { directory: path } = selection;
      if (path === "") {
        const name = JSON.stringify(formatNative(at));
        const way = `name a directory, for example ${at.space}:folder/, or a pattern`;
        throw new JcsError(
          "Usage",
          `Cannot remove ${name}, all of a space: blocks of objects lie there; ${way}`,
        );
      }
      refuseOwn({ ...at, path }, "remove");
      if (!rm.recursive) {
        const name = JSON.stringify(formatNative(at));
        throw new JcsError(
          "Usage",
          `Cannot remove ${name}: it is a directory. Use -r to remove all below it`,
        );
      }
      emptied.push({ ...at, path });
    },
  });
  const run = await runObjects<NativeItem>(edge, {
    items: rm.force ? withoutMissing(items) : items,
    work: async ({ at }) => {
      const name = JSON.stringify(formatNative(at));
      const json = { type: "rm", ...at };
      if (rm.dryRun) edge.output.result({ text: `would remove ${name}`, json: { ...json, dryRun: true } });
      else {
        await native.remove(at, { signal: edge.signal });
        showDetail(edge, { text: `removed ${name}`, json });
      }
      removed++;
    },
  });
  if (!rm.dryRun) await removeEmptied(edge, { native, directories: emptied });
  edge.output.summary({
    ...doneText(run, rm.dryRun ? "Nothing was removed: --dry-run" : `Removed ${plural(removed, "file")}`),
    json: { removed, failed: run.failed, ...(rm.dryRun ? { dryRun: true } : {}) },
  });
  endRun(run, "remove", "files");
}
