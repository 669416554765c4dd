/** Speeds of one measured case, in 10^9 bytes per second, over short windows. */
export interface Speed {
  readonly bestGBps: number;
  readonly medianGBps: number;
  /** The slowest of the middle half of all windows, and the fastest. */
  readonly middleGBps: readonly [low: number, high: number];
  readonly windows: number;
}

/** Length of one window: long against the clock's resolution, short against other programs' bursts. */
const WINDOW_MS = 4;

/** Time before the first window, in which the engines finish compiling. */
const WARM_UP_MS = 80;

/** Runs `work`, which goes through `bytes` each time, again and again for `caseMs` after warming up. Work that takes long, or that awaits
 *  something, may return a promise. An error of it is passed on. `windowMs` is for
 *  work that goes on when the promise settles, so that what is under way at the ends of a window does not count. */
export async function measureSpeed(
  work: () => Promise<unknown> | undefined,
  options: { readonly bytes: number; readonly caseMs: number; readonly windowMs?: number },
): Promise<Speed> {
  await runFor(work, WARM_UP_MS);
  const speeds: number[] = [];
  const end = performance.now() + options.caseMs;
  do {
    const { count, elapsedMs } = await runFor(work, options.windowMs ?? WINDOW_MS);
    speeds.push((count * options.bytes) / 1e6 / elapsedMs);
  } while (performance.now() < end);
  return summarise(speeds);
}

async function runFor(
  work: () => Promise<unknown> | undefined,
  durationMs: number,
): Promise<{ readonly count: number; readonly elapsedMs: number }> {
  const start = performance.now();
  let count = 0;
  let elapsedMs = 0;
  do {
    const more = work();
    if (more !== undefined) await more;
    count += 1;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < durationMs);
  return { count, elapsedMs };
}

function summarise(speeds: readonly number[]): Speed {
  const ordered = speeds.toSorted((left, right) => left - right);
  const at = (part: number) => ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))]!;
  return {
    bestGBps: at(1),
    medianGBps: at(0.5),
    middleGBps: [at(0.25), at(0.75)],
    windows: ordered.length,
  };
}
