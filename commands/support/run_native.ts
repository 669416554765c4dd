import type { NativeAddress } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import type { ObjectMeta } from "../../core/store/store.ts";
import { giveBack } from "../../ioswitch/buffer_pool.ts";
import type { Edge } from "../command.ts";
import { lastName } from "./list_selection.ts";
import { nativeDestination } from "./native/native_destination.ts";
import { nativeOf } from "./native/native_of.ts";
import { formatNative } from "./native_address.ts";
import { plural } from "./plural.ts";
import { rangeOf } from "./run_cat.ts";
import { formatTime } from "./run_ls.ts";
import { endRun } from "./run_objects.ts";
import { showDetail } from "./show_detail.ts";

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
  let files = 0;
  const failed = await each(edge, ls.addresses, async ({ space, path }) => {
    const list = native.list({ space, path }, { delimited: ls.recursive !== true, signal: edge.signal });
    for await (const meta of list) {
      files += 1;
      const name = printable(`${space}:${meta.path}${meta.kind === "directory" ? "/" : ""}`);
      const size = String(meta.size ?? "-").padStart(SIZE_WIDTH);
      const time = (meta.modifiedAt === undefined ? "-" : formatTime(meta.modifiedAt)).padEnd(TIME_WIDTH);
      edge.output.result({ text: ls.long ? `${size}  ${time}  ${name}` : name, json: metaJson(space, meta) });
    }
  });
  edge.output.summary({ json: { files, failed } });
  endRun({ total: ls.addresses.length, failed }, "list", "addresses");
}

/** Shows all that a space tells of some files. */
export async function statNative(edge: Edge, addresses: readonly NativeAddress[]): Promise<void> {
  const native = nativeOf(await edge.client());
  const failed = await each(edge, addresses, async (at) => {
    const meta = await native.stat(at, { signal: edge.signal });
    const metadata = Object.entries(meta.metadata ?? {}).map(([key, value]) => `${key}=${value}`);
    const lines: (readonly [string, string | undefined])[] = [
      ["File", formatNative(at)],
      ["Kind", meta.kind],
      ["Size", meta.size === undefined ? undefined : `${meta.size} bytes`],
      ["Modified", meta.modifiedAt === undefined ? undefined : formatTime(meta.modifiedAt)],
      ["Tag", meta.etag],
      ["Type", meta.contentType],
      ["Class", meta.storageClass],
      ["Leads to", meta.linkTarget],
      ["Metadata", metadata.length === 0 ? undefined : metadata.join(", ")],
    ];
    const text = lines.flatMap(([name, value]) =>
      value === undefined ? [] : [`${`${name}:`.padEnd(12)}${printable(value)}`],
    );
    edge.output.result({ text: text.join("\n"), json: metaJson(at.space, meta) });
  });
  endRun({ total: addresses.length, failed }, "stat", "files");
}

/** Writes files of spaces to stdout, one after the other. */
export async function catNative(
  edge: Edge,
  cat: {
    readonly addresses: readonly NativeAddress[];
    readonly offset?: number | undefined;
    readonly length?: number | undefined;
  },
): Promise<void> {
  const native = nativeOf(await edge.client());
  const failed = await each(edge, cat.addresses, async (at) => {
    const stream = await native.read(at, { ...rangeOf(cat), signal: edge.signal });
    for await (const chunk of stream) {
      await edge.stdout(chunk);
      giveBack(chunk);
    }
  });
  endRun({ total: cat.addresses.length, failed }, "read", "files");
}

/** Removes files of spaces; with `recursive` all below. Never what belongs to jcs. */
export async function removeNative(
  edge: Edge,
  rm: {
    readonly addresses: readonly NativeAddress[];
    readonly recursive?: true | undefined;
    readonly dryRun?: true | undefined;
  },
): Promise<void> {
  const native = nativeOf(await edge.client());
  let removed = 0;
  const remove = async (at: NativeAddress) => {
    const json = { type: "rm", space: at.space, path: at.path };
    const name = JSON.stringify(formatNative(at));
    if (rm.dryRun) edge.output.result({ text: `would remove ${name}`, json: { ...json, dryRun: true } });
    else {
      await native.remove(at, { signal: edge.signal });
      showDetail(edge, { text: `removed ${name}`, json });
    }
    removed += 1;
  };
  const failed = await each(edge, rm.addresses, async (at) => {
    if (!rm.recursive) return await remove(at);
    if (at.path === "" || at.path === "/") {
      const way = `name a directory, for example ${at.space}:folder/`;
      throw new JcsError(
        "Usage",
        `Cannot remove all of space "${at.space}": blocks of objects lie there; ${way}`,
      );
    }
    for await (const { path } of native.list(at, { signal: edge.signal })) await remove({ ...at, path });
  });
  const text = rm.dryRun ? "Nothing was removed: --dry-run" : `Removed ${plural(removed, "file")}`;
  edge.output.summary({ text, json: { removed, failed } });
  endRun({ total: rm.addresses.length, failed }, "remove", "files");
}

/** Copies or moves files between spaces, or on one: inside the service where it can. */
export async function relocateNative(
  edge: Edge,
  move: {
    readonly command: "cp" | "mv";
    readonly sources: readonly NativeAddress[];
    readonly target: NativeAddress;
  },
): Promise<void> {
  const { command, sources, target } = move;
  refuseTwins(sources.map((source) => lastName(source.path)));
  const native = nativeOf(await edge.client());
  const failed = await each(edge, sources, async (source) => {
    const to = nativeDestination(target, { several: sources.length > 1 }).object(lastName(source.path));
    const how = await native[command === "cp" ? "copy" : "move"](source, to, { signal: edge.signal });
    const text = `${JSON.stringify(formatNative(source))} to ${JSON.stringify(formatNative(to))}`;
    showDetail(edge, { text, json: { type: command, source, ...to, inside: how === "inside" } });
  });
  const done = sources.length - failed;
  const verb = command === "cp" ? "Copied" : "Moved";
  edge.output.summary({ text: `${verb} ${plural(done, "file")}`, json: { done, failed } });
  endRun({ total: sources.length, failed }, command === "cp" ? "copy" : "move", "files");
}

/** Throws `Usage` for names that stand twice: in one place, one would take the other's. */
function refuseTwins(names: readonly string[]): void {
  const twin = names.find((name, at) => names.indexOf(name) !== at);
  if (twin !== undefined)
    throw new JcsError("Usage", `Cannot put two sources called ${JSON.stringify(twin)} into one place`);
}

/** Works on one after the other; one that fails is reported and the next follows. Gives the number that failed. */
async function each<T>(edge: Edge, items: readonly T[], work: (item: T) => Promise<void>): Promise<number> {
  let failed = 0;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (!(error instanceof JcsError) || error.kind === "Cancelled") throw error;
      failed += 1;
      edge.output.failure(error);
    }
  }
  return failed;
}

function metaJson(space: string, meta: ObjectMeta): Record<string, unknown> {
  const { path, kind, modifiedAt, ...rest } = meta;
  return {
    type: "file",
    space,
    path,
    kind,
    ...rest,
    ...(modifiedAt === undefined ? {} : { modifiedAt: modifiedAt.toISOString() }),
  };
}
