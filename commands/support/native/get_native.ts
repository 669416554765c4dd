import type { ByteStream } from "../../../core/bytes/byte_stream.ts";
import { cancelStream } from "../../../core/bytes/cancel_stream.ts";
import { writeAtomicFile } from "../../../core/local/atomic_file.ts";
import { writeSpecialFile } from "../../../core/local/special_file.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import type { ObjectMeta } from "../../../core/store/store.ts";
import type { Edge, Progress } from "../../command.ts";
import { fetchedNames } from "../fetched_names.ts";
import { createGetTally } from "../get_tally.ts";
import { createGetTarget } from "../get_target.ts";
import { formatNative, refuseSameNativeNames } from "../native_address.ts";
import { decideOverwrite, type Overwrite } from "../overwrite.ts";
import { checkRange, rangeOf, rangeOfSeveral } from "../run_cat.ts";
import { endRun, runObjects } from "../run_objects.ts";
import { type NativeItem, nativeItems } from "./native_items.ts";
import { nativeOf } from "./native_of.ts";

/** What the command line of `get` said. */
export interface GetNativeArguments {
  readonly addresses: readonly NativeAddress[];
  readonly local: string;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly recursive?: true | undefined;
  readonly overwrite: Overwrite;
}

/** Writes the files of spaces that the arguments name to local files, with the times that the services tell. */
export async function getNative(edge: Edge, get: GetNativeArguments): Promise<void> {
  const range = rangeOf(get);
  checkRange(range, get.addresses);
  refuseSameNativeNames(get.addresses, "get");
  const native = nativeOf(await edge.client());
  const several = get.addresses.length > 1;
  const targetOf = await createGetTarget(edge, { local: get.local, several });
  const tally = createGetTally(edge, "file");
  const names = fetchedNames(edge);

  async function work(item: NativeItem, progress: Progress): Promise<void> {
    const target = await targetOf(item);
    const meta = await complete(native, { edge, item });
    const partial = range !== undefined;
    const decision = await decideOverwrite(target, { stored: meta, overwrite: get.overwrite, partial });
    let bytes = 0;
    if (decision === "write" || decision === "replace") {
      const stream = await native.read(item.at, { ...range, signal: edge.signal });
      try {
        const body = counted(stream, progress);
        bytes = target.special
          ? await writeSpecialFile(target.file, body, { signal: edge.signal })
          : await writeAtomicFile(target.file, body, {
              replace: decision === "replace",
              names,
              signal: edge.signal,
              // A part of a file is a new file: with the file's time it could be taken for the whole.
              ...(range === undefined && meta.modifiedAt !== undefined
                ? { modifiedAt: meta.modifiedAt }
                : {}),
            });
      } finally {
        // A disk that fails before the first byte leaves the stream open.
        await cancelStream(stream);
      }
    }
    const place = { source: formatNative(item.at), address: { ...item.at } };
    tally.file({ decision, target: target.file, bytes, ...place });
  }

  const items = nativeItems(native, {
    addresses: get.addresses,
    recursive: get.recursive,
    transfers: range === undefined,
    signal: edge.signal,
    check: (selection) => {
      if (range !== undefined && selection.kind !== "object") throw rangeOfSeveral();
    },
  });
  const run = await runObjects<NativeItem>(edge, { items, work }).finally(() => names.settle());
  tally.end(run);
  endRun(run, "get", "files");
}

/** What is known of the file, its time included: lists of some services do not tell it. */
async function complete(
  native: NativeClient,
  options: { readonly edge: Edge; readonly item: NativeItem },
): Promise<ObjectMeta> {
  const { at, meta } = options.item;
  if (meta.modifiedAt !== undefined && meta.size !== undefined) return meta;
  return await native.stat(at, { signal: options.edge.signal });
}

async function* counted(stream: ByteStream, progress: Progress): ByteStream {
  for await (const chunk of stream) {
    progress.bytes(chunk.length);
    yield chunk;
  }
}
