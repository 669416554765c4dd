import type { Edge, Output } from "../command.ts";

/** Shows a result that only scripts, and people who ask for more with --verbose, want to see for each object. */
export function showDetail(edge: Edge, item: Parameters<Output["result"]>[0]): void {
  const { json, verbose } = edge.global();
  if (json || verbose) edge.output.result(item);
}
