import { createHash } from "node:crypto";
import { join } from "node:path";
import { JcsError } from "../../errors.ts";
import { CACHE_BYTES_MIN } from "../../limits.ts";
import type { Connection } from "../connection_string.ts";
import type { Layer } from "../layer.ts";
import type { OptionValues } from "../read_options.ts";
import type { LAYER_OPTIONS } from "./layer_options.ts";
import { readCache } from "./read_cache.ts";
import { openCacheFiles } from "./read_cache_files.ts";

/** The read cache of one space, if its connection wants one: in a directory of its own below `cache_directory`, or else below `cache` in
 *  `home`. Throws `Usage` for a cache that is too small to hold anything. */
export function spaceCache(
  options: Pick<OptionValues<typeof LAYER_OPTIONS>, "cache" | "cache_directory" | "cache_ttl">,
  space: { readonly name: string; readonly connection: Connection; readonly home: string | undefined },
): readonly Layer[] {
  const { cache, cache_directory: directory, cache_ttl: ttlMs } = options;
  const { name, connection, home } = space;
  if (cache === undefined || cache === 0 || home === undefined) return [];
  if (cache < CACHE_BYTES_MIN) {
    throw new JcsError("Usage", `Cannot open space "${name}": option "cache" must be 16MiB or more`);
  }
  const { service, name: place, workDirectory, options: said } = connection;
  // Another place of the same name is another space.
  const digest = createHash("sha256")
    .update(JSON.stringify([name, service, place, workDirectory, said.get("endpoint") ?? ""]))
    .digest("hex")
    .slice(0, 16);
  const files = openCacheFiles(join(directory ?? join(home, "cache"), digest), cache);
  return [readCache({ files, ttlMs })];
}
