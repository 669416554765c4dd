import type { Layer } from "../layer.ts";
import type { OptionValues } from "../read_options.ts";
import { concurrencyLimit } from "./concurrency_limit.ts";
import { declaredOnly } from "./declared_only.ts";
import type { LAYER_OPTIONS } from "./layer_options.ts";
import { retry } from "./retry.ts";
import { timeout } from "./timeout.ts";

/** What stands around every service, the outermost first. */
export function defaultLayers(options: OptionValues<typeof LAYER_OPTIONS>): readonly Layer[] {
  return [
    // Before all others: what cannot be done is not waited for.
    declaredOnly(),
    // Outermost: each try waits for its own place and has its own time, and holds no place while it waits to try again.
    retry({ retries: options.retries }),
    // Outside the timeout: to wait for a place is no fault of the service.
    concurrencyLimit({ concurrency: options.concurrency }),
    // Next to the service: only its own silence is measured.
    timeout({ operationMs: options.timeout, idleMs: options.idle_timeout }),
  ];
}
