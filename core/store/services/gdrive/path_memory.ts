const ENTRIES_MAX = 10_000;
/** So long the ids of a folder are used without a look: it may be moved or removed by others. */
const FOLDER_TRUST_MS = 5000;
/** Searches by name may miss for so long what has just been made, and find what has just been removed. */
const SETTLING_MS = 60_000;

/** What a store remembers of paths. Drive knows files by ids only, and its searches by name lag behind: what this process has written itself is
 *  looked up by its id, which is up to date, and always checked against what Drive says of it. Holds a bounded number of paths. */
export interface PathMemory {
  /** The folders at `key`, where they were found a moment ago. */
  folders(key: string): readonly string[] | undefined;
  keepFolders(key: string, ids: readonly string[]): void;
  /** The file that was last found or written at `key`. */
  file(key: string): string | undefined;
  /** Notes what is at `key`, also when it was removed before. */
  keepFile(key: string, id: string): void;
  /** Forgets `key` and everything below it. */
  forget(key: string): void;
  /** What was remembered at `key` at any time: candidates to be looked at. */
  hints(key: string): readonly string[];
  /** Files that were written below the directory `key` lately. */
  filesBelow(key: string): readonly string[];
  noteRemoved(id: string): void;
  wasRemoved(id: string): boolean;
}

/** Makes an empty memory. `now` gives the time in milliseconds. */
export function pathMemory(now: () => number = Date.now): PathMemory {
  const folders = new Map<string, { readonly ids: readonly string[]; readonly at: number }>();
  const files = new Map<string, { readonly ids: readonly string[]; readonly at: number }>();
  const removed = new Map<string, number>();
  const put = <T>(map: Map<string, T>, key: string, value: T) => {
    map.delete(key);
    map.set(key, value);
    for (const oldest of map.keys()) if (map.size > ENTRIES_MAX) map.delete(oldest);
  };
  return {
    folders(key) {
      const known = folders.get(key);
      return known !== undefined && now() - known.at < FOLDER_TRUST_MS ? known.ids : undefined;
    },
    keepFolders: (key, ids) => put(folders, key, { ids, at: now() }),
    file(key) {
      const known = files.get(key);
      return known !== undefined && now() - known.at < SETTLING_MS ? known.ids[0] : undefined;
    },
    keepFile(key, id) {
      put(files, key, { ids: [id], at: now() });
      removed.delete(id);
    },
    forget(key) {
      for (const map of [folders, files]) {
        for (const known of map.keys()) {
          if (known === key || known.startsWith(`${key}/`)) map.delete(known);
        }
      }
    },
    hints: (key) => [...(folders.get(key)?.ids ?? []), ...(files.get(key)?.ids ?? [])],
    filesBelow: (key) =>
      [...files].flatMap(([known, { ids, at }]) =>
        known.startsWith(`${key}/`) && now() - at < SETTLING_MS ? ids : [],
      ),
    noteRemoved: (id) => put(removed, id, now()),
    wasRemoved: (id) => now() - (removed.get(id) ?? Number.NEGATIVE_INFINITY) < SETTLING_MS,
  };
}
