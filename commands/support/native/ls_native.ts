import { isKind, JcsError } from "../../../core/errors.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import { printable } from "../../../core/printable.ts";
import { passList } from "../../../core/store/listing.ts";
import type { CallOptions, ObjectMeta } from "../../../core/store/store.ts";
import type { Edge } from "../../command.ts";
import { takes } from "../list_selection.ts";
import { formatNative } from "../native_address.ts";
import { formatTime } from "../run_ls.ts";
import { endRun } from "../run_objects.ts";
import { nothingMatches } from "../select_stored.ts";
import { nativeJson } from "./native_json.ts";
import { nativeOf } from "./native_of.ts";
import { type NativeSelection, requireDirectory, selectNative } from "./select_native.ts";

const SIZE_WIDTH = 14;
const TIME_WIDTH = 20;

/** Lists files of spaces, one level or everything below, with flat memory. */
export async function listNative(
  edge: Edge,
  ls: {
    readonly addresses: readonly NativeAddress[];
    readonly long?: true | undefined;
    readonly recursive?: true | undefined;
  },
): Promise<void> {
  const native = nativeOf(await edge.client());
  const call = { signal: edge.signal };
  let files = 0;
  let failed = 0;

  function show(space: string, meta: ObjectMeta): void {
    files++;
    edge.output.result({
      get text() {
        return textOf(space, meta);
      },
      get json() {
        return nativeJson(space, meta);
      },
    });
  }

  function textOf(space: string, meta: ObjectMeta): string {
    const name = printable(`${space}:${meta.path}${meta.kind === "directory" ? "/" : ""}`);
    if (!ls.long) return name;
    const size = String(meta.size ?? "-").padStart(SIZE_WIDTH);
    const time = (meta.modifiedAt === undefined ? "-" : formatTime(meta.modifiedAt)).padEnd(TIME_WIDTH);
    return `${size}  ${time}  ${name}`;
  }

  for (const address of ls.addresses) {
    try {
      const selection = await selectNative(native, address, call);
      const before = files;
      const entries = entriesOf(native, { selection, address, recursive: ls.recursive === true, call });
      for await (const entry of entries) {
        const at = { space: address.space, path: entry.path };
        show(address.space, ls.long ? await complete(native, { at, entry, call }) : entry);
      }
      if (files > before || selection.kind === "object") continue;
      if (selection.kind === "glob") throw nothingMatches(formatNative(address));
      if (!selection.seen) await requireDirectory(native, address, call);
    } catch (error) {
      if (!(error instanceof JcsError) || error.kind === "Cancelled") throw error;
      failed++;
      edge.output.failure(error);
    }
  }
  edge.output.summary({ json: { files, failed } });
  endRun({ total: ls.addresses.length, failed }, "list", "addresses");
}

function entriesOf(
  native: NativeClient,
  options: {
    readonly selection: NativeSelection;
    readonly address: NativeAddress;
    readonly recursive: boolean;
    readonly call: CallOptions;
  },
): AsyncIterable<ObjectMeta> | Iterable<ObjectMeta> {
  const { selection, recursive, call } = options;
  const { space } = options.address;
  switch (selection.kind) {
    case "object":
      return [selection.meta];
    case "tree":
      return native.list({ space, path: selection.directory }, { ...call, delimited: !recursive });
    case "glob": {
      const { glob } = selection;
      const list = { ...call, delimited: glob.oneLevel && !recursive, withoutOwn: true };
      const entries = native.list({ space, path: glob.directory.slice(0, -1) }, list);
      return passList(() => ({
        inner: entries,
        keep: ({ path }) => takes(glob, { path, recursive }),
      }));
    }
  }
}

/** The entry with size and time, also where lists do not tell them. */
async function complete(
  native: NativeClient,
  options: { readonly at: NativeAddress; readonly entry: ObjectMeta; readonly call: CallOptions },
): Promise<ObjectMeta> {
  const { at, entry, call } = options;
  // A backslash in a name would be taken for a slash, and another file asked for.
  if (entry.path.includes("\\")) return entry;
  if (entry.kind === "directory" || (entry.size !== undefined && entry.modifiedAt !== undefined))
    return entry;
  return await native.stat(at, call).catch((error: unknown) => {
    // It went away meanwhile, or is shown by a name that cannot be asked for.
    if (isKind(error, "NotFound", "Usage", "PermissionDenied")) return entry;
    throw error;
  });
}
