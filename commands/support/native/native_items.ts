import { JcsError } from "../../../core/errors.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import type { CallOptions, ObjectMeta } from "../../../core/store/store.ts";
import { lastName, takes } from "../list_selection.ts";
import { formatNative } from "../native_address.ts";
import type { WorkItem } from "../run_objects.ts";
import { nothingMatches } from "../select_stored.ts";
import { type NativeSelection, requireDirectory, selectNative } from "./select_native.ts";

/** A file of a space that an argument of a command names, and the selection it comes of. */
export interface NativeItem {
  readonly selection: NativeSelection;
  readonly at: NativeAddress;
  /** What a list, or for a single file `stat`, said of it. */
  readonly meta: ObjectMeta;
  /** Its path below what was selected: below the directory, the directory that the glob begins in, or its own last name. */
  readonly relative: string;
}

/** Options of {@link nativeItems}. */
export interface NativeItemsOptions extends CallOptions {
  readonly addresses: readonly NativeAddress[];
  /** A glob also takes everything below the directories that it matches. */
  readonly recursive?: boolean | undefined;
  /** Bytes of each file that count as work; none unless given. */
  readonly transfers?: boolean;
  /** May refuse a selection by throwing. */
  readonly check?: (selection: NativeSelection, at: NativeAddress) => Promise<void> | void;
  /** What a directory stands for: the files below it unless given. */
  readonly directories?: "themselves";
}

/** The files that the arguments name, in their order and with flat memory; an argument that names nothing is a failure among them. What
 *  belongs to jcs is left out unless the argument leads there. */
export async function* nativeItems(
  native: NativeClient,
  options: NativeItemsOptions,
): AsyncGenerator<WorkItem<NativeItem>> {
  const { signal } = options;
  const call = signal === undefined ? {} : { signal };
  for (const address of options.addresses) {
    try {
      const selection = await selectNative(native, address, call);
      await options.check?.(selection, address);
      let found = false;
      for await (const { meta, relative } of filesOf(native, { ...options, selection, address, call })) {
        found = true;
        const at = { space: address.space, path: meta.path };
        if (meta.path.includes("\\")) {
          yield { kind: "failure", error: ambiguous(at) };
          continue;
        }
        const bytes = options.transfers ? meta.size : 0;
        yield { kind: "work", name: formatNative(at), item: { selection, at, meta, relative }, bytes };
      }
      if (!found && selection.kind === "glob") throw nothingMatches(formatNative(address));
      if (!found && selection.kind === "tree" && !selection.seen)
        await requireDirectory(native, address, call);
    } catch (error) {
      if (!(error instanceof JcsError)) throw error;
      yield { kind: "failure", error };
    }
  }
}

async function* filesOf(
  native: NativeClient,
  options: {
    readonly selection: NativeSelection;
    readonly address: NativeAddress;
    readonly recursive?: boolean | undefined;
    readonly directories?: "themselves";
    readonly call: CallOptions;
  },
): AsyncGenerator<{ readonly meta: ObjectMeta; readonly relative: string }> {
  const { selection, call, recursive = false } = options;
  const { space } = options.address;
  switch (selection.kind) {
    case "object":
      yield { meta: selection.meta, relative: lastName(selection.meta.path) };
      return;
    case "tree": {
      const { directory } = selection;
      if (options.directories === "themselves") {
        yield { meta: selection.meta ?? { path: directory, kind: "directory" }, relative: "" };
        return;
      }
      const skip = directory === "" ? 0 : directory.length + 1;
      for await (const meta of native.list({ space, path: directory }, { ...call, withoutOwn: true }))
        yield { meta, relative: meta.path.slice(skip) };
      return;
    }
    case "glob": {
      const { glob } = selection;
      const delimited = glob.oneLevel && !recursive;
      const at = { space, path: glob.directory.slice(0, -1) };
      for await (const meta of native.list(at, { ...call, delimited, withoutOwn: true })) {
        if (meta.kind === "directory") continue;
        if (!takes(glob, { path: meta.path, recursive })) continue;
        yield { meta, relative: meta.path.slice(glob.directory.length) };
      }
    }
  }
}

/** A name that others made, with a backslash: in a path it counts as a slash, so that another file would be meant. */
function ambiguous(at: NativeAddress): JcsError {
  const state = "its name holds a backslash, which means / in paths. Rename it with another program";
  return new JcsError("Usage", `Cannot use ${JSON.stringify(formatNative(at))}: ${state}`, { where: at });
}
