import type { Run } from "../../ioswitch/executor.ts";
import type { BlockRecord } from "../catalog/catalog.ts";
import type { PutRequest } from "../client.ts";
import { JcsError } from "../errors.ts";
import { shapeOf } from "../redundancy/shape.ts";
import { compileTransfer } from "../transfer/compile.ts";
import { CONTENT_RESULT } from "../transfer/lower.ts";
import type { BlockWriteOutcome } from "../transfer/ops/block_write.ts";
import type { ContentFacts } from "../transfer/ops/hash.ts";
import type { BlockTarget } from "../transfer/transfer.ts";
import { countedSource } from "./counted_source.ts";
import type { ObjectContext } from "./object_context.ts";
import { type PutTargets, targetOf } from "./prepare_put.ts";
import { blockResult, putTransfer, rebuildTransfer } from "./put_transfer.ts";
import { OBJECT_STREAM } from "./read_transfer.ts";
import { fromPlanError, runTransfer } from "./run_transfer.ts";

/** A block that is on its space. */
export type WrittenBlock = BlockRecord & { readonly payloadBytes: number };

/** How far writing the blocks of a put has come. */
export interface BlockProgress {
  readonly facts: ContentFacts;
  readonly written: readonly WrittenBlock[];
  /** Why each space that failed did. */
  readonly failures: ReadonlyMap<string, JcsError>;
}

/** Writes the blocks of a put from its source. A space that fails is among the failures; the source's own failure is thrown. */
export async function writeBlocks(
  context: ObjectContext,
  request: PutRequest,
  targets: PutTargets,
  signal: AbortSignal,
): Promise<BlockProgress> {
  const plan = compileTransfer(putTransfer(targets, request.source.size));
  const run = await runTransfer(context, plan, {
    inputs: { [OBJECT_STREAM]: countedSource(request) },
    signal,
  });
  const onWritten = (index: number) => request.onEvent?.({ type: "step", step: `block ${index} written` });
  const facts = run.value(CONTENT_RESULT) as Promise<unknown> as Promise<ContentFacts>;
  const outcomes = await settle(run, targets.blocks, facts, onWritten);
  return { facts: await facts, ...outcomes };
}

/** Lets other spaces take over the blocks that are missing, computing them from those written, until all are there or no space is left.
 *  `announce` is told new places before anything is written to them. */
export async function takeOver(
  context: ObjectContext,
  targets: PutTargets,
  progress: BlockProgress,
  options: { readonly signal: AbortSignal; announce(blocks: readonly BlockTarget[]): Promise<void> },
): Promise<BlockProgress> {
  const { redundancy, generation } = targets;
  const { needed } = shapeOf(redundancy);
  let alternates = [...targets.alternates];
  let { written, failures } = progress;
  while (written.length >= needed && written.length < targets.blocks.length && alternates.length > 0) {
    const missing = targets.blocks
      .filter((target) => !written.some((block) => block.index === target.index))
      .slice(0, alternates.length)
      .map((target, i) => targetOf(target.descriptor, target.index, alternates[i]!));
    await options.announce(missing);
    const object = { generation, redundancy, facts: progress.facts };
    const plan = compileTransfer(rebuildTransfer(object, written, missing));
    const run = await runTransfer(context, plan, { inputs: {}, signal: options.signal });
    try {
      const outcomes = await settle(run, missing);
      written = [...written, ...outcomes.written];
      failures = new Map([...failures, ...outcomes.failures]);
      alternates = alternates.slice(missing.length);
    } catch (error) {
      const failure = fromPlanError(error);
      const unreadable = written.find((block) => block.index === failure.where.block);
      if (unreadable === undefined || options.signal.aborted) throw failure;
      // What cannot be read back was not stored: it is missing, too. The spaces that were to take over did nothing wrong.
      written = written.filter((block) => block !== unreadable);
      failures = new Map([...failures, [unreadable.space, failure]]);
    }
  }
  return { facts: progress.facts, written, failures };
}

/** Waits for a plan and sorts its blocks into written ones and failures. */
async function settle(
  run: Run,
  targets: readonly BlockTarget[],
  facts?: Promise<unknown>,
  onWritten?: (index: number) => void,
): Promise<Pick<BlockProgress, "written" | "failures">> {
  const values = targets.map(async ({ index }) => {
    const outcome = (await run.value(blockResult(index))) as BlockWriteOutcome;
    if (outcome.ok) onWritten?.(index);
    return outcome;
  });
  const [done, outcomes] = await Promise.allSettled([run.done, Promise.all(values), facts]);
  if (done.status === "rejected") throw fromPlanError(done.reason);
  if (outcomes.status === "rejected") throw fromPlanError(outcomes.reason);
  const written: WrittenBlock[] = [];
  const failures = new Map<string, JcsError>();
  for (const outcome of outcomes.value) {
    const { index, space, path } = outcome;
    if (outcome.ok)
      written.push({ index, space, path, bytes: outcome.bytes, payloadBytes: outcome.payloadBytes });
    else
      failures.set(
        space,
        new JcsError(outcome.kind, outcome.message, { where: { space, path, block: index } }),
      );
  }
  return { written, failures };
}
