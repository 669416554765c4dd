import { JcsError } from "../errors.ts";
import { checkBuffers } from "./check_buffers.ts";
import type { Rebuild } from "./code.ts";
import type { GaloisField } from "./galois_field.ts";
import type { Matrix } from "./matrix.ts";
import { PIECE_BYTES, pieceBytesFor, type Scratch, SLOT_BYTES, scratchFor } from "./scratch.ts";
import { memoryOf } from "./shard_memory.ts";
import { coefficientMasks, genericKernel } from "./wasm/generic_kernel.ts";
import { createKernel } from "./wasm/kernel.ts";
import type { Factors } from "./wasm/xor_program.ts";
import { blockBytesOf } from "./word_layout.ts";

/** Which kernels a computation uses. `auto`: the generic one until {@link GENERIC_BYTES} have gone through it, then one made for its rows,
 *  unless that would be huge. The other two are for tests and measurements. */
export type KernelChoice = "auto" | "generic" | "unrolled";

/** What {@link linearRebuild} computes: outputs = rows · inputs. */
export interface LinearMap {
  readonly field: GaloisField;
  /** Shard numbers, for messages and {@link Rebuild}. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly rows: Matrix;
  readonly factors?: Factors | undefined;
  readonly kernels?: KernelChoice | undefined;
}

/** Input bytes that a computation takes through the generic kernel before its own is compiled. That costs about as much time as
 *  compiling does, so a long job loses little by waiting and a short one saves all of it. */
const GENERIC_BYTES = 8 * 1024 * 1024;

/** JavaScriptCore's code is faster with one base address and constants, V8's with an address for each shard. */
const PREFERS_STRIDE = "Bun" in globalThis;

/** A {@link Rebuild} for any linear map.
 *
 *  Buffers that all lie in one known WebAssembly memory are worked on where they are; all others go through scratch memory, piece by
 *  piece, each piece staying in the processor's cache. */
export function linearRebuild(map: LinearMap): Rebuild {
  const { field, rows, kernels = "auto" } = map;
  const inputCount = map.inputs.length;
  const outputCount = map.outputs.length;
  const shardCount = inputCount + outputCount;
  const shards = { inputs: map.inputs, outputs: map.outputs, blockBytes: blockBytesOf(field.bits) };
  const kernel = createKernel(field, rows, map.factors);
  const masks = coefficientMasks(field, rows);
  const pieceBytes = pieceBytesFor(shardCount);
  const scratchStride = PREFERS_STRIDE ? SLOT_BYTES : 0;
  /** Arguments of a call: addresses, then the length. One array for all calls; a call is synchronous. */
  const addresses = new Array<number>(shardCount + 1).fill(0);
  let genericBytesLeft = kernels === "auto" ? GENERIC_BYTES : 0;

  function run(inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void {
    const lengthBytes = checkBuffers(shards, inputs, outputs);
    if (lengthBytes === 0 || outputCount === 0) return;
    if (inputCount === 0) {
      for (const output of outputs) output.fill(0);
      return;
    }
    if (takesGeneric()) {
      genericBytesLeft -= lengthBytes * inputCount;
      runInPieces({ inputs, outputs, lengthBytes, compute: computeGenerically });
      return;
    }
    const memory = commonMemory(inputs, outputs);
    if (memory === undefined) runInPieces({ inputs, outputs, lengthBytes, compute: computeUnrolled });
    else runInPlace(memory, inputs, outputs);
  }

  function takesGeneric(): boolean {
    if (kernels === "unrolled") return false;
    return kernels === "generic" || !kernel.unrolls || genericBytesLeft > 0;
  }

  function runInPlace(
    memory: WebAssembly.Memory,
    inputs: readonly Uint8Array[],
    outputs: readonly Uint8Array[],
  ): void {
    for (let index = 0; index < inputCount; index += 1) addresses[index] = inputs[index]!.byteOffset;
    for (let index = 0; index < outputCount; index += 1) {
      addresses[inputCount + index] = outputs[index]!.byteOffset;
    }
    addresses[shardCount] = outputs[0]!.length;
    kernel.on(memory, 0)(...addresses);
  }

  function runInPieces(job: {
    readonly inputs: readonly Uint8Array[];
    readonly outputs: readonly Uint8Array[];
    readonly lengthBytes: number;
    readonly compute: (scratch: Scratch, lengthBytes: number) => void;
  }): void {
    const { inputs, outputs, lengthBytes, compute } = job;
    const scratch = scratchFor(shardCount, masks.length);
    for (let start = 0; start < lengthBytes; start += pieceBytes) {
      const end = Math.min(start + pieceBytes, lengthBytes);
      for (let index = 0; index < inputCount; index += 1) {
        scratch.slots[index]!.set(inputs[index]!.subarray(start, end));
      }
      compute(scratch, end - start);
      for (let index = 0; index < outputCount; index += 1) {
        const slot = scratch.slots[inputCount + index]!;
        outputs[index]!.set(end - start === PIECE_BYTES ? slot : slot.subarray(0, end - start), start);
      }
    }
  }

  function computeUnrolled(scratch: Scratch, lengthBytes: number): void {
    const compute = kernel.on(scratch.memory, scratchStride);
    if (scratchStride !== 0) {
      compute(scratch.addresses[0]!, lengthBytes);
      return;
    }
    for (let slot = 0; slot < shardCount; slot += 1) addresses[slot] = scratch.addresses[slot]!;
    addresses[shardCount] = lengthBytes;
    compute(...addresses);
  }

  function computeGenerically(scratch: Scratch, lengthBytes: number): void {
    const { cellsAddress, masksAddress, tablesAddress } = scratch;
    scratch.masks.set(masks);
    for (let slot = inputCount; slot < shardCount; slot += 1) scratch.slots[slot]!.fill(0, 0, lengthBytes);
    const inputsEnd = cellsAddress + 4 * inputCount;
    const outputsEnd = inputsEnd + 4 * outputCount;
    genericKernel(field.bits, scratch.memory)(
      cellsAddress,
      inputsEnd,
      outputsEnd,
      masksAddress,
      tablesAddress,
      lengthBytes,
    );
  }

  return {
    inputs: map.inputs,
    outputs: map.outputs,
    run,
    part(inputs) {
      const columns = inputs.map((shard) => map.inputs.indexOf(shard));
      const stranger = columns.indexOf(-1);
      if (stranger >= 0) {
        const state = `shard ${inputs[stranger]} is not one of the inputs ${map.inputs.join(", ")}`;
        throw new JcsError("Usage", `Cannot take a part of a computation: ${state}`);
      }
      if (new Set(columns).size < columns.length) {
        throw new JcsError(
          "Usage",
          `Cannot take a part of a computation: a shard of ${inputs.join(", ")} stands twice`,
        );
      }
      return linearRebuild({
        field,
        kernels,
        inputs: [...inputs],
        outputs: map.outputs,
        rows: rows.map((row) => columns.map((column) => row[column]!)),
      });
    },
    prepare(memory) {
      if (!kernel.unrolls || outputCount === 0 || inputCount === 0) return;
      if (memory === undefined) kernel.on(scratchFor(shardCount, masks.length).memory, scratchStride);
      else kernel.on(memory, 0);
      genericBytesLeft = 0;
    },
  };
}

/** The WebAssembly memory that all buffers lie in, if there is one. */
function commonMemory(
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
): WebAssembly.Memory | undefined {
  const buffer = outputs[0]!.buffer;
  const memory = memoryOf(buffer);
  if (memory === undefined) return undefined;
  for (let index = 0; index < inputs.length; index += 1) {
    if (inputs[index]!.buffer !== buffer) return undefined;
  }
  for (let index = 1; index < outputs.length; index += 1) {
    if (outputs[index]!.buffer !== buffer) return undefined;
  }
  return memory;
}
