import { formatAddress } from "../catalog/address.ts";
import type { Generation, ObjectRecord } from "../catalog/catalog.ts";
import type { PutOutcome, PutRequest } from "../client.ts";
import { isKind, JcsError } from "../errors.ts";
import { CHECKSUM_CHUNK_BYTES } from "../limits.ts";
import type { Redundancy } from "../redundancy/scheme.ts";
import { shapeOf } from "../redundancy/shape.ts";
import type { BlockTarget } from "../transfer/transfer.ts";
import { findSilentSpaces } from "./find_silent_spaces.ts";
import { keepLease } from "./keep_lease.ts";
import type { ObjectContext } from "./object_context.ts";
import { type PutTargets, type PutWish, preparePut } from "./prepare_put.ts";
import { cancelled } from "./run_transfer.ts";
import { settleSource } from "./settle_source.ts";
import { type BlockProgress, takeOver, writeBlocks } from "./write_blocks.ts";

/** Stores one object: choose scheme and spaces, record the intent, write blocks, commit. A crash or an error at any point
 *  leaves the old object or the new one, and what is left over is known to the catalogue.
 *
 *  When a space fails, another one takes over: the blocks it should have got are computed from those written. When none is left, the
 *  put stays degraded where that is allowed; else it starts over on the spaces that work, if the source can be read again and the
 *  scheme has room there; else it fails and names every space that did. */
export async function putObject(context: ObjectContext, asked: PutRequest): Promise<PutOutcome> {
  const existing = await context.catalog.objects.find(asked.address);
  if (existing && asked.ifAbsent) throw alreadyThere(asked);
  if (existing && asked.skipUnchanged && isUnchanged(existing, asked))
    return { status: "unchanged", object: existing, missingBlocks: [], warnings: [] };
  const request = { ...asked, source: await settleSource(asked.source, asked.signal) };
  const { size, modifiedAt } = request.source;
  const wish = { ...request, ...(size === undefined ? {} : { size }), ...(modifiedAt ? { modifiedAt } : {}) };
  const failures = new Map<string, JcsError>();
  let targets = await preparePut(context, wish, new Set());
  if (!request.source.reopenable) {
    // There is one chance only: rather ask first than find out in the middle.
    const names = targets.blocks.map((block) => block.space);
    for (const [space, error] of await findSilentSpaces(context, names, request.signal))
      noteFailure(context, request, failures, space, error);
    if (failures.size > 0) targets = await prepareWithout(context, request, wish, failures);
  }
  for (;;) {
    const object = await putOnce(context, request, targets, failures, existing);
    if (object) return outcomeOf(targets, object);
    if (!request.source.reopenable) throw notStored(request, failures);
    targets = await prepareWithout(context, request, wish, failures);
    const without = [...failures.keys()].map((name) => `"${name}"`).join(", ");
    const message = `Storing "${formatAddress(request.address)}" again without ${without}`;
    request.onEvent?.({ type: "workaround", message, error: [...failures.values()][0]! });
  }
}

/** Targets without the spaces that failed. When there are none, the failures are the reason. */
async function prepareWithout(
  context: ObjectContext,
  request: PutRequest,
  wish: PutWish,
  failures: ReadonlyMap<string, JcsError>,
): Promise<PutTargets> {
  return preparePut(context, wish, new Set(failures.keys())).catch(() => {
    throw notStored(request, failures);
  });
}

/** One attempt. `undefined` when too many spaces failed; they are among `failures` then, and nothing of the attempt counts. */
async function putOnce(
  context: ObjectContext,
  request: PutRequest,
  targets: PutTargets,
  failures: Map<string, JcsError>,
  existing: ObjectRecord | undefined,
): Promise<ObjectRecord | undefined> {
  const { uploads } = context.catalog;
  const { generation } = targets;
  const step = (name: string) => request.onEvent?.({ type: "step", step: name });
  const leaseUntil = () => new Date(context.now() + context.settings.leaseMs);
  step("planned");
  await uploads.begin(
    { generation, address: request.address, blocks: placesOf(targets.blocks), leaseUntil: leaseUntil() },
    { ifAbsent: request.ifAbsent ?? false },
  );
  const lease = keepLease(context, generation, request.signal);
  try {
    step("intent recorded");
    const progress = await takeOver(
      context,
      targets,
      await writeBlocks(context, request, targets, lease.signal),
      {
        signal: lease.signal,
        async announce(blocks) {
          await uploads.extend(generation, { leaseUntil: leaseUntil(), blocks: placesOf(blocks) });
        },
      },
    );
    for (const [space, error] of progress.failures) noteFailure(context, request, failures, space, error);
    if (!isEnough(request, targets, progress)) {
      await uploads.abort(generation, new Date(context.now()));
      return undefined;
    }
    step("blocks written");
    const object = recordOf(context, request, targets, progress, existing);
    const { address, blocks, updatedAt: at } = object;
    await commitOrFindCommitted(context, {
      address,
      generation: object.generation,
      blocks,
      at,
      ifAbsent: request.ifAbsent ?? false,
    });
    step("committed");
    return object;
  } catch (error) {
    await uploads.abort(generation, new Date(context.now())).catch(() => undefined);
    if (request.signal?.aborted) throw cancelled(`store "${formatAddress(request.address)}"`);
    throw lease.lost() ?? error;
  } finally {
    lease.release();
  }
}

/** Commits. When the answer is lost the catalogue is asked whether it happened all the same. */
async function commitOrFindCommitted(
  { catalog }: ObjectContext,
  upload: Parameters<ObjectContext["catalog"]["uploads"]["commit"]>[0],
): Promise<void> {
  try {
    await catalog.uploads.commit(upload);
  } catch (error) {
    const found = await catalog.objects.find(upload.address).catch(() => undefined);
    if (found?.generation.id !== upload.generation.id) throw error;
  }
}

function placesOf(blocks: readonly BlockTarget[]) {
  return blocks.map(({ index, space, path }) => ({ index, space, path }));
}

function noteFailure(
  context: ObjectContext,
  request: PutRequest,
  failures: Map<string, JcsError>,
  space: string,
  error: JcsError,
): void {
  failures.set(space, error);
  if (isKind(error, "Unreachable", "TimedOut")) context.spaces.suspect(space);
  const message = `Working around space "${space}" while storing "${formatAddress(request.address)}": ${error.message}`;
  request.onEvent?.({ type: "workaround", message, error });
}

function isEnough(request: PutRequest, targets: PutTargets, progress: BlockProgress): boolean {
  const { blocks, needed } = shapeOf(targets.redundancy);
  return progress.written.length >= (request.allowDegraded ? needed : blocks);
}

function recordOf(
  context: ObjectContext,
  request: PutRequest,
  targets: PutTargets,
  { facts, written }: BlockProgress,
  existing: ObjectRecord | undefined,
): ObjectRecord {
  const { modifiedAt } = request.source;
  const generation: Generation = {
    id: targets.generation,
    size: facts.size,
    hash: facts.hash,
    redundancy: targets.redundancy,
    payloadBytes: written[0]!.payloadBytes,
    checksumChunkBytes: CHECKSUM_CHUNK_BYTES,
    metadata: request.metadata ?? {},
    createdAt: targets.createdAt,
    ...(modifiedAt ? { modifiedAt } : {}),
  };
  const blocks = written
    .map(({ index, space, path, bytes }) => ({ index, space, path, bytes }))
    .sort((a, b) => a.index - b.index);
  const updatedAt = new Date(context.now());
  return {
    address: request.address,
    createdAt: existing?.createdAt ?? updatedAt,
    updatedAt,
    generation,
    blocks,
  };
}

function outcomeOf(targets: PutTargets, object: ObjectRecord): PutOutcome {
  const present = new Set(object.blocks.map((block) => block.index));
  const missingBlocks = targets.blocks.map((block) => block.index).filter((index) => !present.has(index));
  const { redundancy, wanted } = targets;
  const weakerThan = spareOf(redundancy) < spareOf(wanted) ? { weakerThan: wanted } : {};
  const status = missingBlocks.length > 0 || weakerThan.weakerThan ? "degraded" : "stored";
  return { status, object, missingBlocks, ...weakerThan, warnings: targets.warnings };
}

/** How many blocks may be lost. */
function spareOf(redundancy: Redundancy): number {
  const { blocks, needed } = shapeOf(redundancy);
  return blocks - needed;
}

function isUnchanged(existing: ObjectRecord, { source }: PutRequest): boolean {
  const { size, modifiedAt } = existing.generation;
  return (
    source.size === size &&
    source.modifiedAt !== undefined &&
    source.modifiedAt.getTime() === modifiedAt?.getTime()
  );
}

function alreadyThere(request: PutRequest): JcsError {
  const name = formatAddress(request.address);
  return new JcsError("AlreadyExists", `Cannot store "${name}": there is an object already`, {
    where: { object: name },
  });
}

function notStored(request: PutRequest, failures: ReadonlyMap<string, JcsError>): JcsError {
  const name = formatAddress(request.address);
  const [first] = failures.values();
  const reasons = [...failures].map(([space, error]) => `space "${space}": ${error.message}`);
  return new JcsError(
    first?.kind ?? "Unexpected",
    `Cannot store "${name}": ${failures.size} ${failures.size === 1 ? "space" : "spaces"} failed and no other can take over\n  ${reasons.join("\n  ")}`,
    { where: { object: name, ...first?.where }, cause: first },
  );
}
