/** How many groups of blocks, the largest first, an object survives the loss of: the blocks on one space are a group, or those in one
 *  failure domain. `groups` names the group of each block that is there; `needed` is how many blocks, any, give the object.
 *
 *  Undefined when too few blocks are there already. Pure. */
export function tolerance(groups: readonly string[], needed: number): number | undefined {
  if (groups.length < needed) return undefined;
  const sizes = [...Map.groupBy(groups, (group) => group).values()]
    .map((blocks) => blocks.length)
    .sort((a, b) => b - a);
  let left = groups.length;
  let lost = 0;
  for (const size of sizes) {
    left -= size;
    if (left < needed) break;
    lost++;
  }
  return lost;
}
