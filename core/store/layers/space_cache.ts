import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
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
  options: CacheOptions,
  space: CachedSpace & { readonly home: string | undefined },
): readonly Layer[] {
  const { cache, cache_ttl: ttlMs } = options;
  const { name, home } = space;
  if (cache === undefined || cache === 0 || home === undefined) return [];
  if (cache < CACHE_BYTES_MIN) {
    throw new JcsError("Usage", `Cannot open space "${name}": option "cache" must be 16MiB or more`);
  }
  const files = openCacheFiles(directoryOf(options, { ...space, home }), cache);
  return [readCache({ files, ttlMs })];
}

/** Removes what the read cache of a space keeps, also when its connection wants none any more. What cannot be removed stays, and is nobody's. */
export async function removeSpaceCache(
  options: CacheOptions,
  space: CachedSpace & { readonly home: string },
): Promise<void> {
  await rm(directoryOf(options, space), { recursive: true, force: true }).catch(() => {});
}

type CacheOptions = Pick<OptionValues<typeof LAYER_OPTIONS>, "cache" | "cache_directory" | "cache_ttl">;

interface CachedSpace {
  readonly name: string;
  readonly connection: Connection;
}

function directoryOf(
  { cache_directory: directory }: CacheOptions,
  { name, connection, home }: CachedSpace & { readonly home: string },
): string {
  const { service, name: place, workDirectory, options: said } = connection;
  // Another place of the same name is another space.
  const digest = createHash("sha256")
    .update(JSON.stringify([name, service, place, workDirectory, said.get("endpoint") ?? ""]))
    .digest("hex")
    .slice(0, 16);
  return join(directory ?? join(home, "cache"), digest);
}
