import { JcsError } from "../../core/errors.ts";
import { PARALLEL_OBJECTS_DEFAULT } from "../../core/limits.ts";
import type { Edge, Progress } from "../command.ts";
import { runPool } from "./run_pool.ts";

/** One object that a command works on, or the reason why it cannot. */
export type WorkItem<T> =
  | { readonly kind: "work"; readonly name: string; readonly item: T; readonly bytes?: number | undefined }
  | { readonly kind: "failure"; readonly error: JcsError };

/** What came of a run. */
export interface RunCounts {
  readonly total: number;
  readonly failed: number;
}

/** Options of {@link runObjects}. */
export interface RunOptions<T> {
  readonly items: AsyncIterable<WorkItem<T>>;
  readonly work: (item: T, progress: Progress) => Promise<void>;
  /** One after the other, in order, whatever --parallel says. */
  readonly inOrder?: boolean;
}

/** Works on many objects at the same time: one that fails is reported and does not stop the rest. Shows progress.
 *
 *  Returns the counts; {@link endRun} makes the exit status of them. Throws `Cancelled` after Ctrl-C, when what was under way has ended, and
 *  at once whatever is no {@link JcsError}: a defect, or a reader of our output that went away. */
export async function runObjects<T>(edge: Edge, options: RunOptions<T>): Promise<RunCounts> {
  const parallel = options.inOrder ? 1 : (edge.global().parallel ?? PARALLEL_OBJECTS_DEFAULT);
  const progress = edge.output.progress({});
  let total = 0;
  let failed = 0;

  function fail(error: JcsError): void {
    if (error.kind === "Cancelled" && edge.signal.aborted) return;
    failed++;
    edge.output.failure(error);
  }

  async function work(next: WorkItem<T>): Promise<void> {
    total++;
    if (next.kind === "failure") return fail(next.error);
    progress.object(next.name, "started");
    try {
      await options.work(next.item, progress);
      progress.object(next.name, "done");
    } catch (error) {
      progress.object(next.name, "failed");
      if (!(error instanceof JcsError)) throw error;
      fail(error);
    }
  }

  try {
    await runPool(withTotal(options.items, progress), work, { parallel, signal: edge.signal });
  } catch (error) {
    if (!edge.signal.aborted) throw error;
  } finally {
    progress.end();
  }
  if (edge.signal.aborted) throw new JcsError("Cancelled", "Stopped: interrupted");
  return { total, failed };
}

/** The text of a summary, but for a run in which all failed: "Stored 0 objects" would say nothing that its errors do not. */
export function doneText({ total, failed }: RunCounts, text: string): { readonly text?: string } {
  return failed > 0 && failed === total ? {} : { text };
}

/** Ends a command whose objects have been worked on: throws `SomeFailed` when some of several failed. A single one that failed has said so.
 *  `things` are what was counted. */
export function endRun(counts: RunCounts, verb: string, things = "objects"): void {
  if (counts.failed === 0 || counts.total === 1) return;
  throw new JcsError("SomeFailed", `Cannot ${verb} ${counts.failed} of ${counts.total} ${things}: see above`);
}

/** The same items; `progress` learns how much there is as soon as the last one was pulled, which is early when they are few. */
async function* withTotal<T>(
  items: AsyncIterable<WorkItem<T>>,
  progress: Progress,
): AsyncGenerator<WorkItem<T>> {
  let objects = 0;
  let bytes: number | undefined = 0;
  for await (const item of items) {
    objects++;
    if (item.kind === "work")
      bytes = item.bytes === undefined || bytes === undefined ? undefined : bytes + item.bytes;
    yield item;
  }
  progress.total({ objects, ...(bytes === undefined ? {} : { bytes }) });
}
