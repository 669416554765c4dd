/** What placement knows about a space. */
export interface PlacementSpace {
  readonly name: string;
  readonly location?: string;
  readonly account?: string;
  /** Bytes that may be stored there; unknown when absent. */
  readonly capacityBytes?: number;
  readonly usedBytes?: number;
}

/** Names what fails together with a space: its location and account, or the space alone when neither is known. */
export function failureDomainOf(space: PlacementSpace): string {
  if (space.location === undefined && space.account === undefined) return `space ${space.name}`;
  return JSON.stringify([space.location ?? "", space.account ?? ""]);
}

/** How many different failure domains there are among `spaces`. */
export function countFailureDomains(spaces: readonly PlacementSpace[]): number {
  return new Set(spaces.map(failureDomainOf)).size;
}
