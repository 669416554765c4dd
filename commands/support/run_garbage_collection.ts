import type { Edge } from "../command.ts";
import { plural } from "./plural.ts";

/** Removes blocks that nothing refers to from all spaces, and tells what was done on each. */
export async function runGarbageCollection(edge: Edge, graceMs: number | undefined): Promise<void> {
  const client = await edge.client();
  let removed = 0;
  let failed = 0;
  const options = { signal: edge.signal, ...(graceMs === undefined ? {} : { graceMs }) };
  for await (const outcome of client.collectGarbage(options)) {
    removed += outcome.removed;
    edge.output.result({
      text: `${outcome.space}: removed ${plural(outcome.removed, "block")}`,
      json: { type: "gc", space: outcome.space, removed: outcome.removed },
    });
    if (!outcome.error) continue;
    failed++;
    edge.output.failure(outcome.error);
  }
  edge.output.summary({
    text: removed === 0 && failed === 0 ? "Nothing to remove" : `Removed ${plural(removed, "block")}`,
    json: { removed, failed },
  });
}
