import { randomUUID } from "node:crypto";
import { isKind, toJcsError } from "../../errors.ts";
import { LEFTOVER_AGE_MS } from "../../limits.ts";
import type { Store } from "../store.ts";
import type { ProbeFinding } from "./finding.ts";
import { ABILITIES } from "./measure_abilities.ts";
import { CONSISTENCY } from "./measure_consistency.ts";
import { SPEED } from "./measure_speed.ts";
import type { Measurement } from "./probe_bench.ts";

/** Where a probe keeps what it writes. */
export const PROBE_DIRECTORY = "jcs/probe";

/** How long tidying up may take. */
const TIDY_MS = 30_000;

const MEASUREMENTS: readonly Measurement[] = [...ABILITIES, ...CONSISTENCY, ...SPEED];

/** Measures a live store and yields each finding as it is made: what it can do, what others see of a change, how quick it is.
 *
 *  Everything is written below one directory of its own in {@link PROBE_DIRECTORY} and removed in the end, also when the caller stops early
 *  or cancels; what others left that were killed goes after {@link LEFTOVER_AGE_MS}. A measurement that fails gives `unknown` and the rest goes on; but a store that does not answer at all, or refuses the
 *  credentials, throws at the first write. Takes some seconds on a quick service, and writes about 40 MiB. */
export async function* probeStore(
  store: Store,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ProbeFinding, void, undefined> {
  const top = `${PROBE_DIRECTORY}/${Date.now()}-${randomUUID()}`;
  try {
    await store.write(`${top}/first`, new Uint8Array([1]), { ...options, size: 1 });
    await removeLeftovers(store, options).catch(() => {});
    for (const [index, { name, run }] of MEASUREMENTS.entries()) {
      // Those of the speed share what the first of them wrote.
      const folder = SPEED.includes(MEASUREMENTS[index] as Measurement)
        ? `${top}/speed/`
        : `${top}/${index}/`;
      try {
        yield { name, ...(await run({ store, folder, options })) };
      } catch (error) {
        if (isKind(error, "Cancelled") || options.signal?.aborted === true) throw error;
        yield { name, verdict: "unknown", detail: toJcsError(error).message };
      }
    }
  } finally {
    const signal = AbortSignal.timeout(TIDY_MS);
    await removeTree(store, top, signal).catch(() => {});
    // Others may be probing: the directory goes with the last of them.
    if (store.capabilities.directories) await store.remove(PROBE_DIRECTORY, { signal }).catch(() => {});
  }
}

/** Removes what probes left that were killed. */
async function removeLeftovers(store: Store, options: { readonly signal?: AbortSignal }): Promise<void> {
  const signal = AbortSignal.any([AbortSignal.timeout(TIDY_MS), ...(options.signal ? [options.signal] : [])]);
  for await (const { path } of store.list(PROBE_DIRECTORY, { delimited: true, signal })) {
    const startedAtMs = Number(/\/(\d+)-[^/]*$/.exec(path)?.[1] ?? Number.POSITIVE_INFINITY);
    if (startedAtMs < Date.now() - LEFTOVER_AGE_MS) await removeTree(store, path, signal).catch(() => {});
  }
}

async function removeTree(store: Store, directory: string, signal: AbortSignal): Promise<void> {
  for await (const { path, kind } of store.list(directory, { delimited: true, signal })) {
    if (kind === "directory") await removeTree(store, path, signal);
    else await store.remove(path, { signal });
  }
  if (store.capabilities.directories) await store.remove(directory, { signal });
}
