import { BLOCKS_DIRECTORY } from "../block/block_path.ts";
import { type JcsError, withPlace } from "../errors.ts";
import type { ObjectContext } from "./object_context.ts";

/** Asks every space a small question, all at once, and returns the errors of those that do not answer it. */
export async function findSilentSpaces(
  context: ObjectContext,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, JcsError>> {
  const silent = new Map<string, JcsError>();
  await Promise.all(
    names.map(async (name) => {
      try {
        const store = await context.spaces.open(name);
        for await (const _ of store.list(BLOCKS_DIRECTORY, {
          delimited: true,
          ...(signal ? { signal } : {}),
        }))
          break;
      } catch (error) {
        silent.set(name, withPlace(error, { space: name }));
      }
    }),
  );
  return silent;
}
