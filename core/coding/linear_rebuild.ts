import { JcsError } from "../errors.ts";
import type { Rebuild } from "./code.ts";
import { PIECE_BYTES, scratchFor } from "./scratch.ts";
import { memoryOf } from "./shard_memory.ts";
import type { Kernel } from "./wasm/kernel.ts";

/** A {@link Rebuild} that runs `kernel`.
 *
 *  Buffers that all lie in one known WebAssembly memory are worked on where they are; all others go through scratch memory, piece
 *  by piece. */
export function linearRebuild(options: {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly blockBytes: number;
  readonly kernel: Kernel;
}): Rebuild {
  const { inputs: inputShards, outputs: outputShards, blockBytes, kernel } = options;
  const inputCount = inputShards.length;
  const shardCount = inputCount + outputShards.length;
  /** The arguments of a call: addresses, then the length. One array for all calls; a call is synchronous. */
  const callArguments = new Array<number>(shardCount + 1).fill(0);

  function run(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void {
    const lengthBytes = checkBuffers(inputs, outputs);
    if (lengthBytes === 0 || outputs.length === 0) return;
    const memory = commonMemory(inputs, outputs);
    if (memory === undefined) runInPieces(inputs, outputs, lengthBytes);
    else runInPlace(memory, inputs, outputs);
  }

  function runInPlace(
    memory: WebAssembly.Memory,
    inputs: readonly Uint8Array[],
    outputs: readonly Uint8Array[],
  ): void {
    for (let index = 0; index < inputCount; index += 1) callArguments[index] = inputs[index]!.byteOffset;
    for (let index = 0; index < outputs.length; index += 1) {
      callArguments[inputCount + index] = outputs[index]!.byteOffset;
    }
    callArguments[shardCount] = outputs[0]!.length;
    kernel.on(memory, { kind: "pointers" })(...callArguments);
  }

  function runInPieces(
    inputs: readonly Uint8Array[],
    outputs: readonly Uint8Array[],
    lengthBytes: number,
  ): void {
    const scratch = scratchFor(shardCount);
    const compute = kernel.on(scratch.memory, { kind: "pointers" });
    for (let slot = 0; slot < shardCount; slot += 1) callArguments[slot] = scratch.addresses[slot]!;
    for (let start = 0; start < lengthBytes; start += PIECE_BYTES) {
      const end = Math.min(start + PIECE_BYTES, lengthBytes);
      for (let index = 0; index < inputCount; index += 1) {
        scratch.slots[index]!.set(inputs[index]!.subarray(start, end));
      }
      callArguments[shardCount] = end - start;
      compute(...callArguments);
      for (let index = 0; index < outputs.length; index += 1) {
        const slot = scratch.slots[inputCount + index]!;
        outputs[index]!.set(end - start === PIECE_BYTES ? slot : slot.subarray(0, end - start), start);
      }
    }
  }

  /** The common length of all buffers; throws `Usage` where they are not what `run` requires. */
  function checkBuffers(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): number {
    if (inputs.length !== inputCount || outputs.length !== outputShards.length) {
      const counts = `${inputs.length} inputs and ${outputs.length} outputs`;
      const expected = `${inputCount} and ${outputShards.length}`;
      throw new JcsError(
        "Usage",
        `Cannot compute shards ${list(outputShards)}: got ${counts}, not ${expected}`,
      );
    }
    const lengthBytes = (inputs[0] ?? outputs[0])?.length ?? 0;
    for (let index = 0; index < inputCount; index += 1)
      checkLength(inputs[index]!, inputShards[index]!, lengthBytes);
    for (let index = 0; index < outputs.length; index += 1) {
      checkLength(outputs[index]!, outputShards[index]!, lengthBytes);
    }
    if (lengthBytes % blockBytes !== 0) {
      throw new JcsError(
        "Usage",
        `Cannot compute shards ${list(outputShards)}: length ${lengthBytes} is not a multiple of ${blockBytes}`,
      );
    }
    for (let index = 0; index < outputs.length; index += 1)
      checkOverlap(outputs[index]!, index, inputs, outputs);
    return lengthBytes;
  }

  function checkLength(buffer: Uint8Array, shard: number, lengthBytes: number): void {
    if (buffer.length === lengthBytes) return;
    const state = `shard ${shard} has ${buffer.length} bytes, the first one ${lengthBytes}`;
    throw new JcsError("Usage", `Cannot compute shards ${list(outputShards)}: ${state}`);
  }

  function checkOverlap(
    output: Uint8Array,
    position: number,
    inputs: readonly Uint8Array[],
    outputs: readonly Uint8Array[],
  ): void {
    for (let index = 0; index < inputCount; index += 1) {
      if (overlap(output, inputs[index]!)) throw overlapError(outputShards[position]!, inputShards[index]!);
    }
    for (let index = 0; index < position; index += 1) {
      if (overlap(output, outputs[index]!)) throw overlapError(outputShards[position]!, outputShards[index]!);
    }
  }

  function overlapError(shard: number, other: number): JcsError {
    return new JcsError(
      "Usage",
      `Cannot compute shards ${list(outputShards)}: the buffers of shards ${shard} and ${other} overlap`,
    );
  }

  return { inputs: inputShards, outputs: outputShards, run };
}

/** The WebAssembly memory that all buffers lie in, if there is one. */
function commonMemory(
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
): WebAssembly.Memory | undefined {
  const buffer = outputs[0]!.buffer;
  const memory = memoryOf(buffer);
  if (memory === undefined) return undefined;
  for (let index = 0; index < inputs.length; index += 1)
    if (inputs[index]!.buffer !== buffer) return undefined;
  for (let index = 1; index < outputs.length; index += 1)
    if (outputs[index]!.buffer !== buffer) return undefined;
  return memory;
}

function overlap(left: Uint8Array, right: Uint8Array): boolean {
  return (
    left.buffer === right.buffer &&
    left.byteOffset < right.byteOffset + right.length &&
    right.byteOffset < left.byteOffset + left.length
  );
}

function list(shards: readonly number[]): string {
  return shards.length === 0 ? "(none)" : shards.join(", ");
}
