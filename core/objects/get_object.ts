import { createHasher } from "../bytes/hasher.ts";
import { formatAddress } from "../catalog/address.ts";
import type { ObjectRecord } from "../catalog/catalog.ts";
import type { GetOutcome, GetRequest } from "../client.ts";
import { isKind, JcsError } from "../errors.ts";
import type { ByteRange } from "../redundancy/strip_layout.ts";
import { compileTransfer } from "../transfer/compile.ts";
import { findObject } from "./find_object.ts";
import { createLosses, type Losses } from "./losses.ts";
import type { ObjectContext } from "./object_context.ts";
import { rangeOf } from "./range_of.ts";
import { OBJECT_STREAM, readTransfer } from "./read_transfer.ts";
import { cancelled, fromPlanError, runTransfer } from "./run_transfer.ts";

/** Blocks that were slow, or are damaged elsewhere, get this many times the usual patience. */
const PATIENCE = 6;

/** Opens an object for reading. Bytes are verified before they are handed on; a block that is bad, missing, silent or on a
 *  space that does not answer is replaced by others from the last byte delivered on, inside the same stream. */
export async function getObject(context: ObjectContext, request: GetRequest): Promise<GetOutcome> {
  const object = await findObject(context.catalog, request.address);
  const range = rangeOf(object, request);
  const losses = createLosses(object, await context.spaces.speeds());
  // Fails here, and not mid-stream, when already the catalogue has too few blocks.
  losses.choose(range.start, context.spaces.suspects());
  return {
    object,
    length: range.end - range.start,
    body: readVerified(context, object, range, request, losses),
  };
}

async function* readVerified(
  context: ObjectContext,
  object: ObjectRecord,
  range: ByteRange,
  request: GetRequest,
  losses: Losses,
): AsyncGenerator<Uint8Array, void, undefined> {
  const whole = range.start === 0 && range.end === object.generation.size;
  const hasher = whole ? createHasher({ algorithm: "sha256", sizeBytes: object.generation.size }) : undefined;
  let position = range.start;
  try {
    while (position < range.end) {
      for await (const chunk of readWhileSound(
        context,
        object,
        { start: position, end: range.end },
        request,
        losses,
      )) {
        position += chunk.length;
        await hasher?.update(chunk);
        request.onEvent?.({ type: "progress", bytes: chunk.length });
        yield chunk;
      }
    }
    if (hasher && (await hasher.digest()) !== object.generation.hash) throw wrongHash(object);
  } finally {
    hasher?.cancel();
  }
}

/** Reads as far as one choice of blocks goes. Ends early, without an error, where a block failed that others may stand in for. */
async function* readWhileSound(
  context: ObjectContext,
  object: ObjectRecord,
  range: ByteRange,
  request: GetRequest,
  losses: Losses,
): AsyncGenerator<Uint8Array, void, undefined> {
  const choice = losses.choose(range.start, context.spaces.suspects());
  const part = { start: range.start, end: Math.min(range.end, choice.end) };
  const { stallMs } = context.settings;
  const run = await runTransfer(context, compileTransfer(readTransfer(object, choice.from, part)), {
    inputs: {},
    stallMs: choice.patient ? PATIENCE * stallMs : stallMs,
    ...(request.signal ? { signal: request.signal } : {}),
  }).catch((error: unknown) => {
    throw request.signal?.aborted ? cancelled(`read "${formatAddress(object.address)}"`) : error;
  });
  try {
    yield* run.stream(OBJECT_STREAM);
    await run.done;
  } catch (error) {
    if (request.signal?.aborted) throw cancelled(`read "${formatAddress(object.address)}"`);
    const failure = fromPlanError(error);
    const { block, space } = failure.where;
    if (block === undefined || space === undefined) throw failure;
    losses.add(block, failure, choice);
    // The damage may be that of a copy kept beside the space.
    if (isKind(failure, "Corrupt")) await forgetBlock(context, object, block);
    if (isKind(failure, "Unreachable", "TimedOut")) context.spaces.suspect(space);
    const message = `Working around block ${block} of "${formatAddress(object.address)}" on space "${space}": ${failure.message}`;
    request.onEvent?.({ type: "workaround", message, error: failure });
  } finally {
    run.cancel("the reader has gone");
  }
}

async function forgetBlock(context: ObjectContext, object: ObjectRecord, index: number): Promise<void> {
  const block = object.blocks.find((each) => each.index === index);
  if (block === undefined) return;
  const store = await context.spaces.open(block.space).catch(() => undefined);
  await store?.forget?.(block.path);
}

function wrongHash(object: ObjectRecord): JcsError {
  const name = formatAddress(object.address);
  return new JcsError(
    "Corrupt",
    `Cannot trust "${name}": every block passed its checksums, but the SHA-256 of the whole is not the one recorded when it was stored`,
    { where: { object: name, generation: object.generation.id } },
  );
}
