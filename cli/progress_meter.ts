import { formatByteSize } from "../core/bytes/byte_size.ts";
import { formatDuration } from "../core/bytes/duration.ts";

/** Seconds of the past that the rate is measured over. */
const RATE_WINDOW_MS = 10_000;

/** What a display of progress shows at one moment. */
export interface ProgressState {
  readonly bytes: number;
  readonly totalBytes: number | undefined;
  readonly objectsDone: number;
  readonly objectsFailed: number;
  readonly totalObjects: number | undefined;
  /** Names of the objects under way, the oldest first. */
  readonly running: readonly string[];
  readonly bytesPerSecond: number;
  /** Unknown without a total or a rate. */
  readonly millisecondsLeft: number | undefined;
}

/** Counts what has been done and how fast. */
export class ProgressMeter {
  #bytes = 0;
  #totalBytes: number | undefined;
  #totalObjects: number | undefined;
  #done = 0;
  #failed = 0;
  readonly #running = new Set<string>();
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];
  readonly #now: () => number;

  /** `now` gives milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
    this.#samples.push({ atMs: now(), bytes: 0 });
  }

  bytes(count: number): void {
    this.#bytes += count;
  }

  object(name: string, state: "started" | "done" | "failed"): void {
    if (state === "started") this.#running.add(name);
    else this.#running.delete(name);
    if (state === "done") this.#done += 1;
    if (state === "failed") this.#failed += 1;
  }

  total(total: { readonly objects?: number; readonly bytes?: number }): void {
    if (total.objects !== undefined) this.#totalObjects = total.objects;
    if (total.bytes !== undefined) this.#totalBytes = total.bytes;
  }

  /** How it stands. Call it regularly: the rate is that between calls, over the last ten seconds. */
  sample(): ProgressState {
    const atMs = this.#now();
    while (this.#samples.length > 1 && (this.#samples[1]?.atMs ?? atMs) <= atMs - RATE_WINDOW_MS)
      this.#samples.shift();
    const oldest = this.#samples[0] ?? { atMs, bytes: this.#bytes };
    this.#samples.push({ atMs, bytes: this.#bytes });
    const elapsedMs = atMs - oldest.atMs;
    const bytesPerSecond = elapsedMs > 0 ? ((this.#bytes - oldest.bytes) * 1000) / elapsedMs : 0;
    const left = this.#totalBytes === undefined ? undefined : Math.max(0, this.#totalBytes - this.#bytes);
    return {
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      objectsDone: this.#done,
      objectsFailed: this.#failed,
      totalObjects: this.#totalObjects,
      running: [...this.#running],
      bytesPerSecond,
      millisecondsLeft:
        left === undefined || bytesPerSecond <= 0 ? undefined : (left * 1000) / bytesPerSecond,
    };
  }
}

/** One line that says it all: `1.2GiB of 4GiB (30%), 55MiB/s, 52s left, 3 of 10 objects, 1 failed`. */
export function progressLine(state: ProgressState): string {
  const parts: string[] = [];
  if (state.totalBytes === undefined) parts.push(formatByteSize(state.bytes));
  else {
    const percent =
      state.totalBytes === 0 ? 100 : Math.min(100, Math.floor((state.bytes * 100) / state.totalBytes));
    parts.push(`${formatByteSize(state.bytes)} of ${formatByteSize(state.totalBytes)} (${percent}%)`);
  }
  parts.push(`${formatByteSize(Math.round(state.bytesPerSecond))}/s`);
  if (state.millisecondsLeft !== undefined) {
    parts.push(`${formatDuration(Math.ceil(state.millisecondsLeft / 1000) * 1000)} left`);
  }
  const of = state.totalObjects === undefined ? "" : ` of ${state.totalObjects}`;
  if (state.objectsDone > 0 || state.totalObjects !== undefined)
    parts.push(
      `${state.objectsDone}${of} ${(state.totalObjects ?? state.objectsDone) === 1 ? "object" : "objects"}`,
    );
  if (state.objectsFailed > 0) parts.push(`${state.objectsFailed} failed`);
  return parts.join(", ");
}
