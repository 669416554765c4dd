import { availableParallelism, cpus, loadavg } from "node:os";
import { VERSION } from "../../core/version.ts";

/** Where something was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Processes that wanted to run, on average of the last minute; 0 where the system does not tell. */
  readonly load: number;
  /** For example `Bun 1.4.5`. */
  readonly engine: string;
  readonly jcs: string;
  /** Whether something else takes so much of it that results will be too low. */
  readonly isBusy: boolean;
}

/** The machine that this runs on. */
export function machine(): Machine {
  const cores = availableParallelism();
  const load = Math.round((loadavg()[0] ?? 0) * 100) / 100;
  return {
    cpu: cpus()[0]?.model.trim().replace(/\s+/g, " ") ?? "unknown",
    cores,
    load,
    engine: engine(),
    jcs: VERSION,
    isBusy: load >= cores / 2,
  };
}

function engine(): string {
  const { Bun: bun, Deno: deno } = globalThis as {
    readonly Bun?: { readonly version: string };
    readonly Deno?: { readonly version: { readonly deno: string } };
  };
  if (bun !== undefined) return `Bun ${bun.version}`;
  return deno === undefined ? "unknown" : `Deno ${deno.version.deno}`;
}
