import { parseBandwidth } from "../bandwidth.ts";
import type { Connection } from "../connection_string.ts";
import type { Layer } from "../layer.ts";
import type { ProbeFinding } from "../probe/finding.ts";
import type { OptionValues } from "../read_options.ts";
import type { AccountLimits, Traffic } from "../traffic.ts";
import { adaptiveConcurrency } from "./adaptive_concurrency.ts";
import { bandwidthLimit } from "./bandwidth_limit.ts";
import { concurrencyLimit } from "./concurrency_limit.ts";
import { declaredOnly } from "./declared_only.ts";
import type { LAYER_OPTIONS } from "./layer_options.ts";
import { log } from "./log.ts";
import { measured } from "./measured.ts";
import { metrics } from "./metrics.ts";
import { retry } from "./retry.ts";
import { spaceCache } from "./space_cache.ts";
import { spool } from "./spool.ts";
import { timeout } from "./timeout.ts";
import { virtualDirectories } from "./virtual_directories.ts";
import { virtualLinks } from "./virtual_links.ts";
import { virtualMetadata } from "./virtual_metadata.ts";

/** Which store of the process the layers are for. */
export interface LayerContext {
  readonly traffic: Traffic;
  /** How figures and log call it, and whose limits it shares. */
  readonly space: { readonly name: string; readonly account?: string };
  /** What a probe found out about it. */
  readonly findings: readonly ProbeFinding[];
  /** Where bodies of unknown size are gathered. */
  readonly temporaryDirectory: string;
  readonly connection: Connection;
  /** Where caches lie unless the connection says; none are used unless given. */
  readonly cacheHome: string | undefined;
}

/** What stands around every service, the outermost first. Throws `Usage` for a bandwidth that is none. */
export function defaultLayers(
  options: OptionValues<typeof LAYER_OPTIONS>,
  { traffic, space, findings, temporaryDirectory, connection, cacheHome }: LayerContext,
): readonly Layer[] {
  const { retries, concurrency } = options;
  const limits = traffic.limitsOf(space, accountLimits(options));
  return [
    // Before all others: what cannot be done is not waited for.
    declaredOnly(),
    // Outside retry, since each makes several calls of one. A link is an object that may have no metadata; both see directories as the service's own.
    ...(options.virtual_links ? [virtualLinks()] : []),
    ...(options.virtual_metadata ? [virtualMetadata()] : []),
    ...(options.virtual_directories ? [virtualDirectories()] : []),
    // Outside retry, which can send again what was gathered: gathering takes neither a place nor the time of a try.
    spool({ directory: temporaryDirectory }),
    // Outside all that waits: what lies on a local disk needs no place, no limit and no second try.
    ...spaceCache(options, { name: space.name, connection, home: cacheHome }),
    // Each try waits for its own place and has its own time, and holds no place while it waits to try again.
    retry({ retries }),
    // Inside retry, which asks whether lists are sorted; outside all that watches bytes and time, since it reads more than was asked for.
    measured(findings),
    // Outside the timeout: to wait for a place is no fault of the service.
    concurrencyLimit({ concurrency }),
    // Inside the places, so that it learns from every try; it only delays what has a place already.
    ...(options.adaptive ? [adaptiveConcurrency({ concurrency, ...usualLatency(findings) })] : []),
    // Inside the adaptive one, so that what waits for its share of the line is not taken for a slow service.
    bandwidthLimit(limits),
    // Inside all that waits: figures and log are of the service, try by try. A timeout counts as a failure of the service.
    metrics({ book: traffic.metrics, space: space.name }),
    ...(traffic.log === undefined ? [] : [log({ ...traffic.log, space: space.name })]),
    // Next to the service: only its own silence is measured.
    timeout({ operationMs: options.timeout, idleMs: options.idle_timeout }),
  ];
}

/** How quick an answer is when the service has nothing else to do. */
function usualLatency(findings: readonly ProbeFinding[]): { readonly quickestMs?: number } {
  const found = findings.filter(({ name }) => name === "stat latency" || name === "read latency");
  const quickestMs = Math.min(...found.map(({ value = Number.POSITIVE_INFINITY }) => value));
  return Number.isFinite(quickestMs) ? { quickestMs } : {};
}

/** The limits that a connection string names for its account. Throws `Usage` for a bandwidth that is none. */
export function accountLimits({
  bandwidth,
  rate,
}: Pick<OptionValues<typeof LAYER_OPTIONS>, "bandwidth" | "rate">): AccountLimits {
  return {
    operationsPerSecond: rate,
    ...(bandwidth === undefined ? {} : { bandwidth: parseBandwidth(bandwidth) }),
  };
}
