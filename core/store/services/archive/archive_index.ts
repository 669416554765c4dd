import { normalizePath } from "../../normalize_path.ts";
import { type ArchiveBytes, type ArchiveEntry, ArchiveFault, type ArchiveFormat } from "./archive_entry.ts";

/** Most entries of an archive, and most characters of their names: what its index in memory is made for. */
const ENTRIES_MAX = 500_000;
const NAMES_CHARACTERS_MAX = 64 * 1024 * 1024;

/** What is in an archive, by path. */
export interface ArchiveIndex {
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
  /** All paths, in ascending order of their UTF-8 bytes. */
  readonly paths: readonly string[];
}

/** Reads the directory of an archive. Directories and devices are left out, and so are entries whose names are no paths of a store: absolute ones,
 *  with `..`, with empty names. Nothing could ask for them, and nothing is ever written by their names. */
export async function readIndex(
  file: ArchiveBytes,
  source: { readonly format: ArchiveFormat; check(): void },
): Promise<ArchiveIndex> {
  const entries = new Map<string, ArchiveEntry>();
  let characters = 0;
  let count = 0;
  for await (const entry of source.format.entries(file)) {
    source.check();
    characters += entry.name.length;
    count += 1;
    if (count > ENTRIES_MAX || characters > NAMES_CHARACTERS_MAX) {
      throw new ArchiveFault(
        "Unsupported",
        `it has more than ${ENTRIES_MAX} entries, or very long names; unpack it`,
      );
    }
    const path = pathOf(entry.name);
    if (path !== undefined && (entry.kind === "file" || entry.kind === "link")) entries.set(path, entry);
  }
  const sorted = [...entries.keys()].map((path) => Buffer.from(path)).sort(Buffer.compare);
  return { entries, paths: sorted.map((path) => path.toString("utf8")) };
}

/** The path of an entry: its name, without the `./` that tar likes to put in front. */
function pathOf(name: string): string | undefined {
  const path = name.replace(/^(?:\.\/)+/, "");
  try {
    return !path.startsWith("/") && normalizePath(path, "/") === path ? path : undefined;
  } catch {
    return undefined;
  }
}
