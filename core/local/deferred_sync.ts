import type { DirectorySync } from "./directory_sync.ts";

/** Directories whose names wait: a longer list is cut by syncing the ones that waited longest. */
const WAITING_MAX = 256;

/** A {@link DirectorySync} that waits until {@link DeferredSync.settle}: for a command that claims nothing before its end. */
export interface DeferredSync extends DirectorySync {
  /** Resolves when all that was to be durable is, as far as the platform can: the files are whole all the same. */
  settle(): Promise<void>;
}

/** Puts off what `sync` is to do: many names of one directory are made durable at once. */
export function deferredSync(sync: DirectorySync): DeferredSync {
  const waiting = new Set<string>();
  return {
    async sync(directory) {
      waiting.delete(directory);
      waiting.add(directory);
      const [oldest] = waiting;
      if (waiting.size <= WAITING_MAX || oldest === undefined) return;
      waiting.delete(oldest);
      await sync.sync(oldest);
    },
    async settle() {
      const directories = [...waiting];
      waiting.clear();
      await Promise.allSettled(directories.map((directory) => sync.sync(directory)));
    },
  };
}
