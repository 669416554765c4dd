import type { JsonObject } from "../../ioswitch/json.ts";
import type { BuiltinAttrs } from "../../ioswitch/ops/all.ts";
import type { Plan, Wire } from "../../ioswitch/plan.ts";
import { createPlanBuilder, type PlanBuilder } from "../../ioswitch/plan_builder.ts";
import { createCode } from "../coding/create_code.ts";
import { JcsError } from "../errors.ts";
import { WIRE_BUFFER_BYTES } from "../limits.ts";
import type { ErasureRedundancy } from "../redundancy/scheme.ts";
import { type ByteRange, stripLayout } from "../redundancy/strip_layout.ts";
import type { TransferAttrs } from "./attrs.ts";
import { TRANSFER_TABLE } from "./ops/all.ts";
import type { BlockTarget, From, To, Transfer } from "./transfer.ts";

/** Result name of a put's {@link ContentFacts}. */
export const CONTENT_RESULT = "content";

/** Turns a transfer into the plainest plan that does it: whole blocks are read, whole strips decoded, everything is computed that
 *  could be. Making it cheap is the passes' work. Pure.
 *
 *  Throws `TooFewBlocks` when the sources do not give what is wanted. Each wanted stream takes the first source that is it, so
 *  `from` comes in order of preference. Source: JCS `ioswitch2/parser`. */
export function lower(transfer: Transfer): Plan {
  const chunkBytes = transfer.ec?.chunkBytes ?? 0;
  // Twice a strip chunk: the skew between the two ways from a shard, to the joined object and through the code, is one chunk.
  const builder = createPlanBuilder<TransferKinds>({
    table: TRANSFER_TABLE,
    bufferBytes: Math.max(WIRE_BUFFER_BYTES, 2 * chunkBytes),
  });
  const streams = createStreams(builder, transfer);
  for (const to of transfer.to) addTarget(builder, streams, transfer, to);
  return builder.build();
}

type TransferKinds = BuiltinAttrs & TransferAttrs;
type Builder = PlanBuilder<TransferKinds>;

/** The streams of a plan under construction, made when they are first asked for. */
interface Streams {
  object(): Wire;
  shard(index: number): Wire;
  facts(): Wire;
}

function createStreams(builder: Builder, transfer: Transfer): Streams {
  const { ec } = transfer;
  const shards = new Map<number, Wire>();
  let object: Wire | undefined;
  let facts: Wire | undefined;

  for (const from of transfer.from) {
    const wire = addSource(builder, from);
    if (from.kind === "caller") {
      const hash = builder.add("hash", transfer.size === undefined ? {} : { size: transfer.size }, [wire]);
      object ??= hash.out();
      facts ??= hash.out(1);
      builder.result(CONTENT_RESULT, facts);
    } else if (from.holds === "object") object ??= wire;
    else if (!shards.has(from.holds.shard)) shards.set(from.holds.shard, wire);
  }

  function splitObject(source: Wire, code: ErasureRedundancy): void {
    const split = builder.add("strip.split", stripAttrs(code), [source]);
    for (let shard = 0; shard < code.dataShards; shard++)
      if (!shards.has(shard)) shards.set(shard, split.out(shard));
  }

  function rebuildAll(code: ErasureRedundancy): void {
    const all = Array.from({ length: code.dataShards + code.parityShards }, (_, shard) => shard);
    const present = [...shards.keys()];
    const wanted = all.filter((shard) => !shards.has(shard));
    const { inputs } = createCode(code).rebuild(present, wanted);
    const { dataShards, parityShards } = code;
    const rebuild = builder.add(
      "ec.rebuild",
      { dataShards, parityShards, code: code.code, inputs, outputs: all },
      inputs.map((shard) => shards.get(shard)!),
    );
    // A shard that is at hand but was not needed stays as it is; all others come out of the code, for the passes to shorten.
    for (const shard of all)
      if (!present.includes(shard) || inputs.includes(shard)) shards.set(shard, rebuild.out(shard));
  }

  return {
    object() {
      object ??= joinShards(builder, transfer, this);
      return object;
    },
    shard(index) {
      const code = needCode(ec);
      if (!shards.has(index) && object) splitObject(object, code);
      if (!shards.has(index)) rebuildAll(code);
      return shards.get(index)!;
    },
    facts() {
      facts ??= constantFacts(builder, transfer);
      return facts;
    },
  };
}

function joinShards(builder: Builder, transfer: Transfer, streams: Streams): Wire {
  const code = needCode(transfer.ec);
  const size = needSize(transfer);
  const range = onlyRange(transfer) ?? { start: 0, end: size };
  const layout = stripLayout({ ...stripAttrs(code), size });
  const needed = Array.from({ length: code.dataShards }, (_, shard) => ({
    shard,
    range: layout.shardRange(shard, range),
  })).filter((part) => part.range.end > part.range.start);
  const inputs = needed.map(({ shard, range }) => {
    const attrs = { offset: range.start, length: range.end - range.start };
    return builder.add("range", attrs, [streams.shard(shard)]).out();
  });
  const shards = needed.map((part) => part.shard);
  const attrs = { ...stripAttrs(code), size, start: range.start, end: range.end, shards };
  return builder.add("strip.join", attrs, inputs).out();
}

/** The range that is joined at once, when a range for the caller is all that is wanted of shards: those without a byte of it are left
 *  alone then. */
function onlyRange({ from, to }: Transfer): ByteRange | undefined {
  const [target] = to;
  const fromShards = from.every((source) => source.kind === "block" && source.holds !== "object");
  return fromShards && to.length === 1 && target?.kind === "caller" ? target.range : undefined;
}

function addSource(builder: Builder, from: From): Wire {
  if (from.kind === "caller") return builder.add("input", { name: from.name, carries: "stream" }, []).out();
  return builder.add("block.read", { ...from.block, offset: 0, length: from.block.payloadBytes }, []).out();
}

function addTarget(builder: Builder, streams: Streams, transfer: Transfer, to: To): void {
  switch (to.kind) {
    case "caller": {
      const object = streams.object();
      const attrs = { offset: to.range.start, length: to.range.end - to.range.start };
      builder.result(to.name, onlyRange(transfer) ? object : builder.add("range", attrs, [object]).out());
      return;
    }
    case "block": {
      const stream = to.holds === "object" ? streams.object() : streams.shard(to.holds.shard);
      const attrs = writeAttrs(transfer, to.target, to.holds === "object");
      builder.result(to.name, builder.add("block.write", attrs, [stream, streams.facts()]).out());
      return;
    }
  }
}

function writeAttrs(transfer: Transfer, target: BlockTarget, whole: boolean): TransferAttrs["block.write"] {
  const { size, ec } = transfer;
  const base = {
    space: target.space,
    path: target.path,
    index: target.index,
    descriptor: target.descriptor as unknown as JsonObject,
    tolerant: transfer.tolerateFailedWrites ?? false,
  };
  if (size === undefined) return base;
  const payloadBytes = whole ? size : stripLayout({ ...stripAttrs(needCode(ec)), size }).shardBytes;
  return { ...base, size, payloadBytes };
}

function constantFacts(builder: Builder, transfer: Transfer): Wire {
  const { hash } = transfer;
  if (hash === undefined)
    throw new JcsError("Unexpected", "Cannot write a block: the hash of its object is not known");
  return builder.add("constant", { value: { size: needSize(transfer), hash } }, []).out();
}

function stripAttrs(code: ErasureRedundancy): TransferAttrs["strip.split"] {
  const { dataShards, chunkBytes } = code;
  return { dataShards, chunkBytes, blockBytes: createCode(code).blockBytes };
}

function needCode(ec: ErasureRedundancy | undefined): ErasureRedundancy {
  if (!ec) throw new JcsError("TooFewBlocks", "Cannot make the object: there is no source for it");
  return ec;
}

function needSize(transfer: Transfer): number {
  if (transfer.size === undefined)
    throw new JcsError("Unexpected", "Cannot plan the transfer: the object's size is not known");
  return transfer.size;
}
