import { JcsError } from "../../../core/errors.ts";
import type { NativeAddress } from "../../../core/native_client.ts";
import { refuseOwn } from "../../../core/objects/own_directory.ts";
import { normalizePrefix } from "../../../core/store/normalize_path.ts";
import type { Edge, Progress } from "../../command.ts";
import type { Destination } from "../destination.ts";
import { lastName, takes } from "../list_selection.ts";
import { formatNative, refuseSameNativeNames } from "../native_address.ts";
import { plural } from "../plural.ts";
import type { RelocateOptions } from "../relocate.ts";
import { doneText, endRun, runObjects } from "../run_objects.ts";
import { showDetail } from "../show_detail.ts";
import { isUnchanged } from "./is_unchanged.ts";
import { createNameClaims } from "./name_claims.ts";
import { nativeDestination } from "./native_destination.ts";
import { type NativeItem, nativeItems } from "./native_items.ts";
import { nativeOf } from "./native_of.ts";
import { removeEmptied } from "./remove_emptied.ts";
import type { NativeSelection } from "./select_native.ts";
import { createTargetIndex } from "./target_index.ts";

/** What the command line of `cp` or `mv` said. */
export interface RelocateNativeArguments {
  readonly command: "cp" | "mv";
  readonly sources: readonly NativeAddress[];
  readonly target: NativeAddress;
  readonly options: RelocateOptions;
}

/** Copies or moves files and directories between spaces, or on one: inside the service where it can. A directory is moved file by file, and
 *  each source goes when its copy is complete. */
export async function relocateNative(edge: Edge, relocate: RelocateNativeArguments): Promise<void> {
  const { command, sources, target, options } = relocate;
  const several = sources.length > 1;
  const destination = nativeDestination(target, { several });
  refuseSameNativeNames(sources, command);
  const native = nativeOf(await edge.client());
  const { info, place } = await native.about(target.space);
  const index = createTargetIndex(native, target.space, { signal: edge.signal });
  const claims = createNameClaims(native, { several });
  const done = command === "cp" ? "copied" : "moved";
  const counts = { [done]: 0, unchanged: 0 };
  const emptied: NativeAddress[] = [];

  async function work(item: NativeItem, progress: Progress): Promise<void> {
    const to = targetOf(item, destination);
    refuseMatch(item, { to, relocate });
    await claims.claim(to);
    const unchanged = options.skipUnchanged && (await isCopied(item, to));
    const how = unchanged ? undefined : await relocateOne(item, { to, progress });
    const status = unchanged ? "unchanged" : done;
    counts[status] = (counts[status] ?? 0) + 1;
    showDetail(edge, {
      text: `${status} ${JSON.stringify(formatNative(item.at))} to ${JSON.stringify(formatNative(to))}`,
      json: { type: command, status, source: item.at, ...to, ...(how ? { inside: how === "inside" } : {}) },
    });
  }

  async function relocateOne(
    { at, meta }: NativeItem,
    { to, progress }: { readonly to: NativeAddress; readonly progress: Progress },
  ): Promise<"inside" | "through"> {
    const { ifAbsent, contentType, storageClass } = options;
    return await native[command === "cp" ? "copy" : "move"](at, to, {
      listed: meta,
      signal: edge.signal,
      onBytes: (count) => progress.bytes(count),
      ...(ifAbsent ? { ifAbsent } : {}),
      ...(contentType === undefined ? {} : { contentType }),
      ...(storageClass === undefined ? {} : { storageClass }),
    });
  }

  async function isCopied({ at, meta }: NativeItem, to: NativeAddress): Promise<boolean> {
    const there = await index.find(to.path);
    if (there === undefined) return false;
    const known = meta.size !== undefined && meta.modifiedAt !== undefined;
    return isUnchanged(known ? meta : await native.stat(at, { signal: edge.signal }), there);
  }

  const items = nativeItems(native, {
    addresses: sources,
    recursive: options.recursive,
    transfers: sources.some(({ space }) => space !== target.space),
    signal: edge.signal,
    check: async (selection, at) => {
      if (selection.kind !== "tree") return;
      const { directory } = selection;
      const name = JSON.stringify(formatNative(at));
      if (command === "cp" && !options.recursive)
        throw new JcsError("Usage", `Cannot cp ${name}: it is a directory. Use -r to copy all below it`);
      if (command === "mv") refuseOwn({ ...at, path: directory }, "remove");
      const to = destination.tree({ base: selection.base, relative: "" }).path;
      const from = await native.about(at.space);
      const source = `${from.place}${directory}`.replace(/\/*$/, "/");
      const into = normalizePrefix(to.replace(/[/\\]+$/, ""), info.workDirectory);
      if (`${place}${into}`.replace(/\/*$/, "/").startsWith(source))
        throw new JcsError("Usage", `Cannot ${command} ${name} below itself: ${target.space}:${to}`);
      if (command === "mv" && directory !== "") emptied.push({ ...at, path: directory });
    },
  });
  const run = await runObjects<NativeItem>(edge, { items, work });
  await removeEmptied(edge, { native, directories: emptied });
  const verb = command === "cp" ? "Copied" : "Moved";
  const unchanged = counts.unchanged > 0 ? `, ${counts.unchanged} unchanged` : "";
  edge.output.summary({
    ...doneText(run, `${verb} ${plural(counts[done] ?? 0, "file")}${unchanged}`),
    json: { ...counts, failed: run.failed },
  });
  endRun(run, command === "cp" ? "copy" : "move", "files");
}

function targetOf(item: NativeItem, destination: Destination<NativeAddress>): NativeAddress {
  const { selection, relative } = item;
  switch (selection.kind) {
    case "tree":
      return destination.tree({ base: selection.base, relative });
    case "glob":
      // With an exact destination, too, several may match: it is the directory they go into.
      return destination.tree({ base: "", relative });
    case "object":
      return destination.object(lastName(item.at.path));
  }
}

/** Throws `Usage` when the target matches the pattern that gave the source: it would be found again. */
function refuseMatch(
  { selection, at }: { readonly selection: NativeSelection; readonly at: NativeAddress },
  { to, relocate }: { readonly to: NativeAddress; readonly relocate: RelocateNativeArguments },
): void {
  const { command, options } = relocate;
  if (selection.kind !== "glob" || at.space !== to.space) return;
  if (!takes(selection.glob, { path: to.path, recursive: options.recursive })) return;
  const why = `${JSON.stringify(formatNative(to))} matches the pattern itself. Choose another target`;
  throw new JcsError("Usage", `Cannot ${command} ${JSON.stringify(formatNative(at))}: ${why}`);
}
