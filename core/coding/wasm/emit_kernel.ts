import { WORD_BYTES } from "../word_layout.ts";
import { FunctionWriter, kernelModule } from "./module_writer.ts";
import type { XorProgram, XorStep } from "./xor_program.ts";

/** Bytes of a WebAssembly vector: four of them, the lanes, make a word of the format. */
const VECTOR_BYTES = 16;
const LANES = WORD_BYTES / VECTOR_BYTES;

/** Options of {@link emitKernel}. */
export interface KernelOptions {
  /** 0: the kernel takes the address of each shard, inputs first. Otherwise it takes the address of input 0, and each shard, outputs
   *  after inputs, lies so far after the one before. */
  readonly strideBytes: number;
  /** Whether the memory is a shared one. */
  readonly shared: boolean;
  /** Most bytes of code; fewer lanes are unrolled in each turn of the loop to keep to it, at least one. */
  readonly codeBytesMax?: number;
}

/** Compiles a program to a WebAssembly module: imports `jcs.memory`, exports `run(address …, lengthBytes)`.
 *
 *  `lengthBytes` is a positive multiple of the block length; addresses need no alignment. The loop runs over blocks of 64-byte words,
 *  one vector of each word after the other. */
export function emitKernel(program: XorProgram, options: KernelOptions): Uint8Array<ArrayBuffer> {
  const { strideBytes, shared } = options;
  const shardCount = program.inputCount + program.outputCount;
  const addressCount = strideBytes === 0 ? shardCount : 1;
  const parameterCount = addressCount + 1;
  const writer = new FunctionWriter(parameterCount, 1 + addressCount);
  const length = addressCount;
  const offset = parameterCount;
  const cursor = (shard: number) => parameterCount + 1 + (strideBytes === 0 ? shard : 0);

  const lanes = lanesPerTurn(program, options.codeBytesMax ?? CODE_BYTES_MAX);
  writer.loop();
  for (let address = 0; address < addressCount; address += 1) {
    writer.get(address).get(offset).add().set(cursor(address));
  }
  const locals = new LocalPool(writer);
  for (let lane = 0; lane < lanes; lane += 1) {
    const lastUses = findLastUses(program);
    const localOf = new Int32Array(program.valueCount);
    program.steps.forEach((step, index) => {
      emitStep(step, index);
    });

    function emitStep(step: XorStep, index: number): void {
      switch (step.kind) {
        case "load":
          writer.get(cursor(step.shard)).loadV128(place(step.shard, step.word));
          break;
        case "zero":
          writer.zeroV128();
          break;
        case "xor":
          writer.get(localOf[step.left]!).get(localOf[step.right]!).xorV128();
          release(step.left, index);
          if (step.right !== step.left) release(step.right, index);
          break;
        case "store": {
          const shard = program.inputCount + step.shard;
          writer.get(cursor(shard)).get(localOf[step.value]!).storeV128(place(shard, step.word));
          release(step.value, index);
          return;
        }
      }
      const local = locals.take();
      localOf[step.value] = local;
      writer.set(local);
      release(step.value, index);
    }

    function place(shard: number, word: number): number {
      return shard * strideBytes + word * WORD_BYTES + lane * VECTOR_BYTES;
    }

    function release(value: number, index: number): void {
      if (lastUses[value] === index) locals.giveBack(localOf[value]!);
    }
  }
  advance(writer, { offset, lanes, words: program.words });
  writer.get(length).lessUnsigned().repeatIf().end();
  return kernelModule(writer.finish(), { parameterCount, shared });
}

/** Longer loops gain nothing from more lanes in a turn, and take longer to compile. */
const CODE_BYTES_MAX = 6 * 1024;

/** Four lanes in a turn, unless the code grows too long for that. */
function lanesPerTurn(program: XorProgram, codeBytesMax: number): number {
  const laneBytes = program.steps.length * CODE_BYTES_PER_STEP;
  let lanes = LANES;
  while (lanes > 1 && laneBytes * lanes > codeBytesMax) lanes /= 2;
  return lanes;
}

const CODE_BYTES_PER_STEP = 9;

/** Moves `offset` to the next lanes and leaves it on the stack. Within a word that is a few vectors further; from the end of a
 *  word on, the other words of the block are jumped over, by filling their address bits with ones before the carry. */
function advance(
  writer: FunctionWriter,
  options: { readonly offset: number; readonly lanes: number; readonly words: number },
): void {
  const { offset, lanes, words } = options;
  if (lanes === LANES) {
    writer
      .get(offset)
      .constant(words * WORD_BYTES)
      .add()
      .tee(offset);
    return;
  }
  const otherWords = (words - 1) * WORD_BYTES;
  writer
    .get(offset)
    .constant(otherWords)
    .or()
    .constant(lanes * VECTOR_BYTES)
    .add();
  writer.constant(~otherWords).and().tee(offset);
}

/** The step after which each value is not needed any more. */
function findLastUses(program: XorProgram): Int32Array {
  const lastUses = new Int32Array(program.valueCount);
  program.steps.forEach((step, index) => {
    lastUses[step.value] = index;
    if (step.kind === "xor") {
      lastUses[step.left] = index;
      lastUses[step.right] = index;
    }
  });
  return lastUses;
}

/** Vector locals, used again once their value is dead. */
class LocalPool {
  readonly #writer: FunctionWriter;
  readonly #free: number[] = [];

  constructor(writer: FunctionWriter) {
    this.#writer = writer;
  }

  take(): number {
    return this.#free.pop() ?? this.#writer.vectorLocal();
  }

  giveBack(local: number): void {
    this.#free.push(local);
  }
}
