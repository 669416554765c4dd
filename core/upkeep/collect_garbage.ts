import type { Catalog, GarbageRecord } from "../catalog/catalog.ts";
import { type JcsError, withPlace } from "../errors.ts";
import { CATALOG_PAGE_ROWS, GARBAGE_PARALLEL } from "../limits.ts";
import type { Store } from "../store/store.ts";
import type { SpaceStores } from "../transfer/space_stores.ts";

/** What {@link collectGarbage} works on. */
export interface GarbageContext {
  readonly catalog: Catalog;
  readonly spaces: SpaceStores & { list(): Promise<readonly { readonly name: string }[]> };
  readonly now: () => number;
}

/** Options of {@link collectGarbage}. */
export interface GarbageOptions {
  /** Blocks that were retired less than so long ago stay: somebody may still be reading them. */
  readonly graceMs: number;
  readonly signal?: AbortSignal;
}

/** What came of one space. */
export interface SpaceGarbage {
  readonly space: string;
  /** Block files that are gone now. */
  readonly removed: number;
  /** Why the rest stays for the next time. */
  readonly error?: JcsError;
}

/** Removes from their spaces the blocks that nothing refers to any more: of removed and replaced objects, and of uploads that ended without a
 *  commit. Yields each space when it is done, with or without an error; what could not be removed stays on record.
 *
 *  Safe at any time and next to any other command: a block is garbage only by a transaction that took its last reference, its name is
 *  never used again, and an upload under way holds a lease. A crash repeats removals, which are idempotent. */
export async function* collectGarbage(
  context: GarbageContext,
  options: GarbageOptions,
): AsyncGenerator<SpaceGarbage, void, undefined> {
  await retireExpiredUploads(context, options.signal);
  // "At least so long ago" includes this very millisecond.
  const before = new Date(context.now() - options.graceMs + 1);
  for (const { name } of await context.spaces.list()) {
    options.signal?.throwIfAborted();
    const outcome = await collectFromSpace(context, name, before, options.signal);
    if (outcome.removed > 0 || outcome.error) yield outcome;
  }
}

/** Uploads whose lease ran out will never be committed: their places become garbage. */
async function retireExpiredUploads(
  { catalog, now }: GarbageContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const expired = await catalog.uploads.expired(new Date(now()), CATALOG_PAGE_ROWS);
    for (const { generation } of expired) await catalog.uploads.abort(generation, new Date(now()));
    if (expired.length < CATALOG_PAGE_ROWS) return;
  }
}

async function collectFromSpace(
  { catalog, spaces }: GarbageContext,
  space: string,
  before: Date,
  signal: AbortSignal | undefined,
): Promise<SpaceGarbage> {
  let removed = 0;
  for (;;) {
    const page = await catalog.garbage.list({ before, limit: CATALOG_PAGE_ROWS, space });
    if (page.length === 0) return { space, removed };
    const gone: GarbageRecord[] = [];
    let failure: JcsError | undefined;
    try {
      failure = await removeAll(await spaces.open(space), page, gone, signal);
    } catch (error) {
      failure = withPlace(error, { space });
    }
    await catalog.garbage.clear(gone);
    removed += gone.length;
    if (failure) return { space, removed, error: failure };
  }
}

/** Removes what can be removed, several at a time, and returns the first error: then no more are begun. */
async function removeAll(
  store: Store,
  records: readonly GarbageRecord[],
  gone: GarbageRecord[],
  signal: AbortSignal | undefined,
): Promise<JcsError | undefined> {
  const queue = [...records];
  let failure: JcsError | undefined;
  async function work(): Promise<void> {
    for (let record = queue.shift(); record && !failure; record = queue.shift()) {
      try {
        await store.remove(record.path, signal ? { signal } : {});
        gone.push(record);
      } catch (error) {
        failure ??= withPlace(error, { space: record.space, path: record.path });
      }
    }
  }
  await Promise.all(Array.from({ length: GARBAGE_PARALLEL }, work));
  return failure;
}
