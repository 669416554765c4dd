import { JcsError } from "../errors.ts";
import { failureDomainOf, type PlacementSpace } from "./failure_domain.ts";

/** Where blocks go, and who may take over. */
export interface Placement {
  /** The space of each block, by index. No space stands twice. */
  readonly spaces: readonly string[];
  /** Every other usable space, best first. */
  readonly alternates: readonly string[];
  /** Most blocks that lie in one failure domain. */
  readonly domainBlocksMax: number;
}

/** Options of {@link placeBlocks}. */
export interface PlaceOptions {
  /** Number of blocks. */
  readonly count: number;
  readonly spaces: readonly PlacementSpace[];
  /** Prefer the spaces of this location. */
  readonly affinity?: string;
  /** Spaces to use only when nothing else is left: they failed lately. */
  readonly suspects?: ReadonlySet<string>;
  /** Classes of spaces by their speed, 0 the quickest; all are equal unless given. */
  readonly speedClasses?: ReadonlyMap<string, number>;
  /** Any number; another one turns the order of equals, so that many objects spread evenly. */
  readonly seed: number;
  /** Named in errors, for example `ec:4+2`. */
  readonly schemeText: string;
}

/** Chooses one space per block: as many failure domains as there are, healthy ones first, then the preferred location, then
 *  the emptiest, then the quickest. Throws `Usage` when there are fewer spaces than blocks. Pure. */
export function placeBlocks(options: PlaceOptions): Placement {
  const { count, spaces, affinity, suspects, speedClasses, seed } = options;
  if (spaces.length < count)
    throw new JcsError(
      "Usage",
      `Cannot place ${count} ${count === 1 ? "block" : "blocks"} of ${options.schemeText}: there ${spaces.length === 1 ? "is" : "are"} only ${spaces.length} usable ${spaces.length === 1 ? "space" : "spaces"}. Add spaces with "jcs space add", or choose a scheme with fewer blocks`,
    );
  const ranked = spaces
    .map((space, position) => ({
      name: space.name,
      domain: failureDomainOf(space),
      suspect: suspects?.has(space.name) ? 1 : 0,
      far: affinity !== undefined && space.location !== affinity ? 1 : 0,
      // Tenths, so that equally filled spaces take turns instead of the emptiest byte winning every time.
      fullness: Math.floor(10 * fullnessOf(space)),
      slow: speedClasses?.get(space.name) ?? 0,
      turn: (position + seed) % spaces.length,
    }))
    .sort(
      (a, b) =>
        a.suspect - b.suspect ||
        a.far - b.far ||
        a.fullness - b.fullness ||
        a.slow - b.slow ||
        a.turn - b.turn,
    );
  const perDomain = new Map<string, number>();
  // A space's round is the number of better spaces in its domain: going by rounds fills every domain once before any twice.
  const rounds = ranked.map((space) => {
    const round = perDomain.get(space.domain) ?? 0;
    perDomain.set(space.domain, round + 1);
    return { ...space, round };
  });
  rounds.sort((a, b) => a.suspect - b.suspect || a.round - b.round);
  const chosen = rounds.slice(0, count);
  const blocksPerDomain = new Map<string, number>();
  for (const space of chosen) blocksPerDomain.set(space.domain, (blocksPerDomain.get(space.domain) ?? 0) + 1);
  return {
    spaces: chosen.map((space) => space.name),
    alternates: rounds.slice(count).map((space) => space.name),
    domainBlocksMax: Math.max(0, ...blocksPerDomain.values()),
  };
}

function fullnessOf(space: PlacementSpace): number {
  if (!space.capacityBytes) return 0;
  return Math.min(1, (space.usedBytes ?? 0) / space.capacityBytes);
}
