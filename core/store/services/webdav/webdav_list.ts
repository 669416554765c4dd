import { isLeftover, isTemporaryName, LEFTOVERS_MAX } from "../../files/reserved_names.ts";
import { discard } from "../../http/http_client.ts";
import { batchedListing, createBatch, type Listing } from "../../listing.ts";
import { normalizePrefix } from "../../normalize_path.ts";
import type { ListOptions, ObjectMeta } from "../../store.ts";
import { throwIfCancelled } from "../../store_error.ts";
import { propfind, requireRoot } from "./propfind.ts";
import { PATH_BYTES_MAX, request, resourceOf, type WebdavContext } from "./webdav_context.ts";

/** Everything below a directory, depth first, one request for each directory. What jcs keeps for itself is hidden. Directories that vanish meanwhile
 *  are passed over, but when the work directory itself is missing the list is `Unreachable`. What a crash has left long ago is removed.
 *
 *  Memory: the names of directories that were seen and not yet entered. */
export function listResources(context: WebdavContext, at: string, options: ListOptions): Listing {
  const { signal } = options;
  return batchedListing(listBatches(context, at, options), { info: context.info, path: at, signal });
}

async function* listBatches(
  context: WebdavContext,
  at: string,
  options: ListOptions,
): AsyncGenerator<readonly ObjectMeta[]> {
  const { delimited = false, signal } = options;
  const top = normalizePrefix(at, context.info.workDirectory);
  const call = { operation: "list", path: top, signal };
  const waiting = [top];
  const leftovers: string[] = [];
  const batch = createBatch();
  try {
    for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
      let found = false;
      for await (const { meta, isSelf, isHidden } of propfind(context, call, {
        path: directory,
        depth: "1",
      })) {
        throwIfCancelled(context.info, call);
        found = true;
        const isTemporary = isTemporaryName(meta.path.slice(meta.path.lastIndexOf("/") + 1));
        const isLeft = isTemporary && meta.kind === "file" && isLeftover(meta.modifiedAt);
        if (isLeft && leftovers.length < LEFTOVERS_MAX) leftovers.push(meta.path);
        // No operation could name what lies deeper.
        const isTooDeep = Buffer.byteLength(context.info.workDirectory + meta.path) > PATH_BYTES_MAX;
        if (isSelf || isHidden || isTooDeep) continue;
        if (meta.kind !== "directory" || delimited) batch.add(meta);
        else waiting.push(meta.path);
        if (batch.isDue()) yield batch.take();
      }
      yield batch.take();
      if (!found && directory === top) await requireRoot(context, call);
    }
  } catch (error) {
    yield batch.takeBefore(error);
    throw error;
  }
  // Gone already, or not ours to remove: it stays hidden all the same.
  for (const path of leftovers) {
    await request(context, call, { method: "DELETE", path: resourceOf(context, path) }).then(
      discard,
      () => {},
    );
  }
}
