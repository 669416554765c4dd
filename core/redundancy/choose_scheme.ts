import { countFailureDomains, type PlacementSpace } from "./failure_domain.ts";
import { parseScheme } from "./parse_scheme.ts";
import type { Redundancy, Scheme } from "./scheme.ts";

/** Scheme of `auto` for objects above the threshold, by number of failure domains; more than six count as six. */
const LARGE = ["none", "none", "rep:2", "ec:2+1", "ec:2+2", "ec:3+2", "ec:4+2"] as const;

/** Scheme of `auto` for objects up to the threshold. */
const SMALL = ["none", "none", "rep:2", "rep:2", "rep:3", "rep:3", "rep:3"] as const;

/** Makes a scheme definite: `auto` is decided by the failure domains at hand and the object's size in bytes (large when unknown),
 *  everything else stays as it is. `thresholdBytes` is `ecFileSizeThreshold`: larger objects are erasure coded. */
export function chooseScheme(
  scheme: Scheme,
  facts: {
    readonly spaces: readonly PlacementSpace[];
    readonly size?: number;
    readonly thresholdBytes: number;
  },
): Redundancy {
  if (scheme.kind !== "auto") return scheme;
  const domains = Math.min(countFailureDomains(facts.spaces), LARGE.length - 1);
  const small = facts.size !== undefined && facts.size <= facts.thresholdBytes;
  const chosen = parseScheme((small ? SMALL : LARGE)[domains]!);
  return chosen.kind === "auto" ? { kind: "none" } : chosen;
}
