import { JcsError } from "../../../core/errors.ts";
import type { NativeAddress } from "../../../core/native_client.ts";
import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { Edge } from "../../command.ts";
import { formatNative } from "../native_address.ts";
import { checkRange, rangeOf, rangeOfSeveral } from "../run_cat.ts";
import { endRun, runObjects } from "../run_objects.ts";
import { type NativeItem, nativeItems } from "./native_items.ts";
import { nativeOf } from "./native_of.ts";

/** Writes files of spaces to stdout, one after the other, and nothing else. */
export async function catNative(
  edge: Edge,
  cat: {
    readonly addresses: readonly NativeAddress[];
    /** `get` also takes directories. */
    readonly command: "cat" | "get";
    readonly offset?: number | undefined;
    readonly length?: number | undefined;
    readonly recursive?: true | undefined;
  },
): Promise<void> {
  const range = rangeOf(cat);
  checkRange(range, cat.addresses);
  const native = nativeOf(await edge.client());
  const items = nativeItems(native, {
    addresses: cat.addresses,
    recursive: cat.recursive,
    transfers: range === undefined,
    signal: edge.signal,
    check: (selection, at) => {
      if (range !== undefined && selection.kind !== "object") throw rangeOfSeveral();
      if (cat.command === "cat" && selection.kind === "tree") {
        const name = JSON.stringify(formatNative(at));
        throw new JcsError("Usage", `Cannot cat ${name}: it is not a file but a directory`);
      }
    },
  });
  const run = await runObjects<NativeItem>(edge, {
    items,
    inOrder: true,
    work: async ({ at }, progress) => {
      for await (const chunk of await native.read(at, { ...range, signal: edge.signal })) {
        await edge.stdout(chunk);
        progress.bytes(chunk.length);
        giveBack(chunk);
      }
    },
  });
  endRun(run, "read", "files");
}
