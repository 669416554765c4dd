import type { NativeAddress } from "../../../core/native_client.ts";
import { printable } from "../../../core/printable.ts";
import type { ObjectMeta } from "../../../core/store/store.ts";
import type { Edge } from "../../command.ts";
import { formatNative } from "../native_address.ts";
import { formatTime } from "../run_ls.ts";
import { endRun, runObjects } from "../run_objects.ts";
import { type NativeItem, nativeItems } from "./native_items.ts";
import { nativeJson } from "./native_json.ts";
import { nativeOf } from "./native_of.ts";

/** Shows all that a space tells of some files and directories. */
export async function statNative(edge: Edge, addresses: readonly NativeAddress[]): Promise<void> {
  const native = nativeOf(await edge.client());
  let shown = 0;
  const items = nativeItems(native, {
    addresses: addresses.map(({ space, path }) => ({ space, path: path.replace(/(?<=[^/\\])[/\\]+$/, "") })),
    directories: "themselves",
    signal: edge.signal,
  });
  const run = await runObjects<NativeItem>(edge, {
    items,
    inOrder: true,
    work: async ({ at, meta: listed, selection }) => {
      // A list does not tell all.
      const meta = selection.kind === "glob" ? await native.stat(at, { signal: edge.signal }) : listed;
      const text = describe(formatNative(at), meta);
      edge.output.result({ text: shown++ === 0 ? text : `\n${text}`, json: nativeJson(at.space, meta) });
    },
  });
  edge.output.summary({ json: { files: shown, failed: run.failed } });
  endRun(run, "stat", "files");
}

function describe(name: string, meta: ObjectMeta): string {
  const metadata = Object.entries(meta.metadata ?? {}).map(([key, value]) => `${key}=${value}`);
  const lines: (readonly [string, string | undefined])[] = [
    ["File", name],
    ["Kind", meta.kind],
    ["Size", meta.size === undefined ? undefined : `${meta.size} bytes`],
    ["Modified", meta.modifiedAt === undefined ? undefined : formatTime(meta.modifiedAt)],
    ["Tag", meta.etag],
    ["Type", meta.contentType],
    ["Disposition", meta.contentDisposition],
    ["Class", meta.storageClass],
    ["Encrypted", meta.encryption],
    ["Leads to", meta.linkTarget],
    ["Metadata", metadata.length === 0 ? undefined : metadata.join(", ")],
  ];
  return lines
    .flatMap(([key, value]) => (value === undefined ? [] : [`${`${key}:`.padEnd(12)}${printable(value)}`]))
    .join("\n");
}
