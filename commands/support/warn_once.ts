import type { Edge } from "../command.ts";

/** Most different warnings that are told apart. */
const WARNINGS_MAX = 1000;

/** Warns of the same thing only once in a run. */
export function warnOnce(edge: Edge): (message: string) => void {
  const seen = new Set<string>();
  return (message) => {
    if (seen.has(message)) return;
    if (seen.size < WARNINGS_MAX) seen.add(message);
    edge.output.warn(message);
  };
}
