import { JcsError } from "../errors.ts";

/** Checks the buffers of one computation and returns their common length.
 *
 *  Throws `Usage` where counts, lengths or the block length do not fit, or where an output overlaps another buffer. `inputShards` and
 *  `outputShards` are what the buffers stand for. */
export function checkBuffers(
  shards: {
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
    readonly blockBytes: number;
  },
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
): number {
  if (inputs.length !== shards.inputs.length || outputs.length !== shards.outputs.length) {
    const expected = `${shards.inputs.length} and ${shards.outputs.length}`;
    throw failure(
      shards.outputs,
      `got ${inputs.length} inputs and ${outputs.length} outputs, not ${expected}`,
    );
  }
  const lengthBytes = (inputs[0] ?? outputs[0])?.length ?? 0;
  for (let index = 0; index < inputs.length; index += 1) {
    if (inputs[index]!.length !== lengthBytes) throw lengthFailure(shards.inputs[index]!, inputs[index]!);
  }
  for (let index = 0; index < outputs.length; index += 1) {
    if (outputs[index]!.length !== lengthBytes) throw lengthFailure(shards.outputs[index]!, outputs[index]!);
  }
  if (lengthBytes % shards.blockBytes !== 0) {
    throw failure(shards.outputs, `length ${lengthBytes} is not a multiple of ${shards.blockBytes}`);
  }
  for (let index = 0; index < outputs.length; index += 1) {
    const output = outputs[index]!;
    for (let other = 0; other < inputs.length; other += 1) {
      if (overlap(output, inputs[other]!))
        throw overlapFailure(shards.outputs[index]!, shards.inputs[other]!);
    }
    for (let other = 0; other < index; other += 1) {
      if (overlap(output, outputs[other]!))
        throw overlapFailure(shards.outputs[index]!, shards.outputs[other]!);
    }
  }
  return lengthBytes;

  function lengthFailure(shard: number, buffer: Uint8Array): JcsError {
    return failure(shards.outputs, `shard ${shard} has ${buffer.length} bytes, the first one ${lengthBytes}`);
  }

  function overlapFailure(shard: number, other: number): JcsError {
    return failure(shards.outputs, `the buffers of shards ${shard} and ${other} overlap`);
  }
}

function failure(outputShards: readonly number[], state: string): JcsError {
  const names = outputShards.length === 0 ? "nothing" : `shards ${outputShards.join(", ")}`;
  return new JcsError("Usage", `Cannot compute ${names}: ${state}`);
}

function overlap(left: Uint8Array, right: Uint8Array): boolean {
  return (
    left.buffer === right.buffer &&
    left.byteOffset < right.byteOffset + right.length &&
    right.byteOffset < left.byteOffset + left.length
  );
}
