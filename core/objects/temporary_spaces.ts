import type { SpaceRecord } from "../catalog/catalog.ts";

const PREFIX = "JCS_SPACE_";

/** The spaces that the environment adds for this run: `JCS_SPACE_<NAME>=CONNECTION`, in order of their names. */
export function temporarySpaces(
  environment: Readonly<Record<string, string | undefined>>,
  now: Date,
): readonly SpaceRecord[] {
  return Object.keys(environment)
    .filter((key) => key.startsWith(PREFIX) && key.length > PREFIX.length)
    .toSorted()
    .map((key) => ({ name: key.slice(PREFIX.length), connection: environment[key] ?? "", createdAt: now }));
}
