import { localNames } from "../../core/local/atomic_file.ts";
import { type DeferredSync, deferredSync } from "../../core/local/deferred_sync.ts";
import type { Edge } from "../command.ts";

/** Makes the names of fetched files durable: each before its line of `--json` says that it is there, otherwise all at the end, before the summary does. */
export function fetchedNames(edge: Edge): DeferredSync {
  return edge.global().json ? { ...localNames, async settle() {} } : deferredSync(localNames);
}
