import { blockPath } from "../block/block_path.ts";
import { newGeneration } from "../block/generation.ts";
import type { PutRequest } from "../client.ts";
import { JcsError } from "../errors.ts";
import { CHECKSUM_CHUNK_BYTES, STRIP_CHUNK_BYTES_DEFAULT } from "../limits.ts";
import { chooseScheme } from "../redundancy/choose_scheme.ts";
import { countFailureDomains, type PlacementSpace } from "../redundancy/failure_domain.ts";
import { formatScheme } from "../redundancy/parse_scheme.ts";
import { placeBlocks } from "../redundancy/place_blocks.ts";
import type { Redundancy } from "../redundancy/scheme.ts";
import { shapeOf } from "../redundancy/shape.ts";
import { speedClasses } from "../redundancy/speed_classes.ts";
import type { BlockTarget, DescriptorSeed } from "../transfer/transfer.ts";
import type { ObjectContext } from "./object_context.ts";

/** Everything about a put that is decided before its first byte. */
export interface PutTargets {
  readonly generation: string;
  readonly createdAt: Date;
  readonly redundancy: Redundancy;
  /** What it would be if every space worked that may be used. */
  readonly wanted: Redundancy;
  /** One target per block, by index. */
  readonly blocks: readonly BlockTarget[];
  /** Spaces that may take over, best first. */
  readonly alternates: readonly string[];
  readonly warnings: readonly string[];
}

/** What a put asks for, as far as planning needs to know. */
export type PutWish = Pick<PutRequest, "address" | "scheme" | "spaces" | "affinity" | "metadata"> & {
  readonly size?: number;
  readonly modifiedAt?: Date;
};

/** Chooses scheme, spaces and names for the blocks of one put. `avoid`: spaces that must not be used. Throws `Usage` or `Config` when there
 *  are no spaces, or not enough. Writes nothing. */
export async function preparePut(
  context: ObjectContext,
  wish: PutWish,
  avoid: ReadonlySet<string>,
): Promise<PutTargets> {
  const configured = await usableSpaces(context, wish);
  const usable = configured.filter((space) => !avoid.has(space.name));
  const spaces = isAuto(wish) ? healthyOnes(context, usable) : usable;
  const redundancy = wantedRedundancy(context, wish, spaces);
  const { blocks: count, needed } = shapeOf(redundancy);
  const generation = newGeneration(new Date(context.now()));
  const names = spaces.map(({ name }) => name);
  const bytes = (wish.size ?? STRIP_CHUNK_BYTES_DEFAULT) / Math.max(needed, 1);
  const speeds = await context.spaces.speeds();
  const placement = placeBlocks({
    count,
    spaces,
    schemeText: formatScheme(redundancy),
    // The random end of the generation, so that many objects spread evenly.
    seed: Number.parseInt(generation.slice(-6), 16),
    suspects: context.spaces.suspects(),
    speedClasses: speedClasses(names, { speeds, direction: "write", bytes }),
    ...(wish.affinity === undefined ? {} : { affinity: wish.affinity }),
  });
  const createdAt = new Date(context.now());
  const seed: DescriptorSeed = {
    generation,
    bucket: wish.address.bucket,
    package: wish.address.package,
    path: wish.address.path,
    redundancy,
    checksumChunkBytes: CHECKSUM_CHUNK_BYTES,
    createdAt: createdAt.toISOString(),
    metadata: wish.metadata ?? {},
    ...(wish.modifiedAt === undefined ? {} : { modifiedAt: wish.modifiedAt.toISOString() }),
  };
  return {
    generation,
    createdAt,
    redundancy,
    wanted: wantedRedundancy(context, wish, configured),
    blocks: placement.spaces.map((space, index) => targetOf(seed, index, space)),
    alternates: placement.alternates,
    warnings: warningsFor(redundancy, placement.domainBlocksMax, count - needed, countFailureDomains(spaces)),
  };
}

/** The target of block `index` on `space`. */
export function targetOf(descriptor: DescriptorSeed, index: number, space: string): BlockTarget {
  return { space, index, path: blockPath(descriptor.generation, index), descriptor };
}

function isAuto({ scheme }: PutWish): boolean {
  return scheme === undefined || scheme.kind === "auto";
}

/** The spaces that did not fail lately, or all when that leaves none: `auto` builds on what works. */
function healthyOnes(context: ObjectContext, spaces: readonly PlacementSpace[]): readonly PlacementSpace[] {
  const suspects = context.spaces.suspects();
  const healthy = spaces.filter((space) => !suspects.has(space.name));
  return healthy.length > 0 ? healthy : spaces;
}

async function usableSpaces(context: ObjectContext, wish: PutWish): Promise<readonly PlacementSpace[]> {
  const all = await context.spaces.list();
  if (all.length === 0)
    throw new JcsError(
      "Config",
      'Cannot store anything: there are no spaces. Add one with "jcs space add NAME CONNECTION"',
    );
  const unknown = wish.spaces?.find((name) => !all.some((space) => space.name === name));
  if (unknown !== undefined)
    throw new JcsError(
      "Usage",
      `Cannot use space "${unknown}": it is not configured. "jcs space ls" shows those that are`,
    );
  const chosen = all.filter((space) => wish.spaces?.includes(space.name) ?? true);
  return Promise.all(
    chosen.map(async (space) =>
      space.capacityBytes === undefined
        ? space
        : { ...space, usedBytes: (await context.catalog.spaces.usage(space.name)).bytes },
    ),
  );
}

function wantedRedundancy(
  context: ObjectContext,
  wish: PutWish,
  spaces: readonly PlacementSpace[],
): Redundancy {
  const scheme = wish.scheme ?? { kind: "auto" };
  if (scheme.kind === "auto" && context.settings.onUpload === "defer") return { kind: "none" };
  return chooseScheme(scheme, {
    spaces,
    thresholdBytes: context.settings.ecThresholdBytes,
    ...(wish.size === undefined ? {} : { size: wish.size }),
  });
}

/** What the user should know about how safe this is. */
function warningsFor(
  redundancy: Redundancy,
  domainBlocksMax: number,
  spare: number,
  domains: number,
): readonly string[] {
  if (redundancy.kind === "none")
    return domains > 1
      ? ['Nothing protects this data: its scheme is "none"']
      : ["Nothing protects this data: it lies on a single space. Add spaces for redundancy"];
  if (domainBlocksMax > spare)
    return [
      `Losing one failure domain can lose this data: ${domainBlocksMax} of its blocks lie in one, and ${formatScheme(redundancy)} survives the loss of ${spare}`,
    ];
  return [];
}
