import { parseBandwidth } from "../bandwidth.ts";
import type { Layer } from "../layer.ts";
import type { OptionValues } from "../read_options.ts";
import type { Traffic } from "../traffic.ts";
import { adaptiveConcurrency } from "./adaptive_concurrency.ts";
import { bandwidthLimit } from "./bandwidth_limit.ts";
import { concurrencyLimit } from "./concurrency_limit.ts";
import { declaredOnly } from "./declared_only.ts";
import type { LAYER_OPTIONS } from "./layer_options.ts";
import { log } from "./log.ts";
import { metrics } from "./metrics.ts";
import { retry } from "./retry.ts";
import { timeout } from "./timeout.ts";

/** Which store of the process the layers are for. */
export interface LayerContext {
  readonly traffic: Traffic;
  /** How figures and log call it. */
  readonly space: string;
  /** Whose limits it shares. */
  readonly account: string;
}

/** What stands around every service, the outermost first. Throws `Usage` for a bandwidth that is none. */
export function defaultLayers(
  options: OptionValues<typeof LAYER_OPTIONS>,
  { traffic, space, account }: LayerContext,
): readonly Layer[] {
  const { retries, concurrency, bandwidth, rate } = options;
  const limits = traffic.limitsOf(account, {
    operationsPerSecond: rate,
    ...(bandwidth === undefined ? {} : { bandwidth: parseBandwidth(bandwidth) }),
  });
  return [
    // Before all others: what cannot be done is not waited for.
    declaredOnly(),
    // Each try waits for its own place and has its own time, and holds no place while it waits to try again.
    retry({ retries }),
    // Outside the timeout: to wait for a place is no fault of the service.
    concurrencyLimit({ concurrency }),
    // Inside the places, so that it learns from every try; it only delays what has a place already.
    ...(options.adaptive ? [adaptiveConcurrency({ concurrency })] : []),
    // Inside the adaptive one, so that what waits for its share of the line is not taken for a slow service.
    bandwidthLimit(limits),
    // Inside all that waits: figures and log are of the service, try by try. A timeout counts as a failure of the service.
    metrics({ book: traffic.metrics, space }),
    ...(traffic.log === undefined ? [] : [log({ ...traffic.log, space })]),
    // Next to the service: only its own silence is measured.
    timeout({ operationMs: options.timeout, idleMs: options.idle_timeout }),
  ];
}
