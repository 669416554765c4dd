import type { Capabilities } from "../store.ts";
import type { ProbeFinding, ProbeName } from "./finding.ts";

/** The capability that a measurement disproves. */
const DISPROVED: Partial<Record<ProbeName, Partial<Capabilities>>> = {
  "read range": { readRange: false },
  "write of unknown size": { writeUnknownSize: false },
  "write if absent": { writeIfAbsent: false },
  "atomic overwrite": { overwriteAtomic: false },
  "list in order": { listSorted: false },
  "letter case": { caseSensitive: false },
  "user metadata": { userMetadata: false },
  multipart: { multipart: false },
};

/** `capabilities` without those that a probe found to be false; the longest name is the one that was found. Never adds any, and what a probe
 *  could not measure stays. The same object when nothing is disproved. */
export function effectiveCapabilities(
  capabilities: Capabilities,
  findings: readonly ProbeFinding[],
): Capabilities {
  let left = capabilities;
  for (const { name, verdict, value } of findings) {
    if (verdict !== "no" && verdict !== "broken") continue;
    const disproved =
      name === "longest name" && value !== undefined
        ? { nameBytesMax: Math.min(left.nameBytesMax, value) }
        : DISPROVED[name];
    if (disproved !== undefined && !isPart(disproved, left)) left = { ...left, ...disproved };
  }
  return left;
}

function isPart(part: Partial<Capabilities>, whole: Capabilities): boolean {
  return Object.entries(part).every(([key, value]) => whole[key as keyof Capabilities] === value);
}
