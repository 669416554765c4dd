import { open } from "node:fs/promises";
import { systemCode } from "./local_error.ts";

/** Makes names in directories durable. */
export interface DirectorySync {
  /** Resolves when everything that was done in `directory` before the call is on the disk. Calls that come while one is under way
   *  share the next one. */
  sync(directory: string): Promise<void>;
}

interface Running {
  readonly current: Promise<void>;
  next: Promise<void> | undefined;
}

/** A {@link DirectorySync}; one that does nothing unless `enabled`. `syncOne` makes one directory durable: one of this machine unless
 *  given. */
export function directorySync(options: {
  readonly enabled: boolean;
  readonly syncOne?: (directory: string) => Promise<void>;
}): DirectorySync {
  const { syncOne = syncDirectory } = options;
  const running = new Map<string, Running>();
  const start = (directory: string): Promise<void> => {
    const current = syncOne(directory);
    const entry: Running = { current, next: undefined };
    running.set(directory, entry);
    const done = () => {
      if (running.get(directory) === entry && entry.next === undefined) running.delete(directory);
    };
    current.then(done, done);
    return current;
  };
  return {
    sync(directory) {
      if (!options.enabled) return Promise.resolve();
      const entry = running.get(directory);
      if (entry === undefined) return start(directory);
      // The one under way may have begun before the caller's change.
      entry.next ??= entry.current.then(
        () => start(directory),
        () => start(directory),
      );
      return entry.next;
    },
  };
}

/** File systems that cannot do it say so with one of these. */
const UNSUPPORTED: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EISDIR", "EPERM"]);

async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A directory that was removed meanwhile has nothing to keep.
    const code = systemCode(error) ?? "";
    if (code !== "ENOENT" && !UNSUPPORTED.has(code)) throw error;
  }
}
