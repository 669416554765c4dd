import type { GaloisField } from "../galois_field.ts";
import type { Matrix } from "../matrix.ts";
import { WORD_BYTES } from "../word_layout.ts";
import { FunctionWriter, kernelModule } from "./module_writer.ts";

/** One kernel for all matrices over a field: outputs ^= rows · inputs, the outputs having been cleared by the caller.
 *
 *  Arguments are addresses: `cells`, a table of the addresses of all inputs and then all outputs, u32 each; where its inputs and its
 *  outputs end; `masks`, see {@link coefficientMasks}; `tables`, room for 2 KiB; then the length of a shard in bytes, a positive multiple of
 *  the block. The XORs of all subsets of four words of an input are tabulated, so that a word of a product is two look-ups
 *  (M. A. Arlazarov et al., "method of the four Russians", 1970). Four to six times slower than straight code, and there at once. */
export type GenericKernelFunction = (
  cells: number,
  inputsEnd: number,
  outputsEnd: number,
  masks: number,
  tables: number,
  lengthBytes: number,
) => void;

const modules = new Map<number, WebAssembly.Module>();
const instances = new WeakMap<WebAssembly.Memory, Map<number, GenericKernelFunction>>();

/** The generic kernel over GF(2^bits) for an unshared memory; compiled once in a process. */
export function genericKernel(bits: 4 | 8, memory: WebAssembly.Memory): GenericKernelFunction {
  let functions = instances.get(memory);
  if (functions === undefined) {
    functions = new Map();
    instances.set(memory, functions);
  }
  let run = functions.get(bits);
  if (run === undefined) {
    let module = modules.get(bits);
    if (module === undefined) {
      module = new WebAssembly.Module(emitGenericKernel(bits));
      modules.set(bits, module);
    }
    run = new WebAssembly.Instance(module, { jcs: { memory } }).exports["run"] as GenericKernelFunction;
    functions.set(bits, run);
  }
  return run;
}

/** The coefficients as the generic kernel reads them: input after input, for each the outputs, for each the rows of the bit
 *  matrix, a byte each. */
export function coefficientMasks(field: GaloisField, rows: Matrix): Uint8Array {
  const inputCount = rows[0]?.length ?? 0;
  const masks: number[] = [];
  for (let input = 0; input < inputCount; input += 1) {
    for (const row of rows) masks.push(...field.bitMatrix(row[input]!));
  }
  return Uint8Array.from(masks);
}

const VECTOR_BYTES = 16;

/** Words in a table's index, and bytes of a table: an entry of a word for each subset. */
const TABLE_BITS = 4;
const TABLE_BYTES = WORD_BYTES << TABLE_BITS;

function emitGenericKernel(bits: number): Uint8Array<ArrayBuffer> {
  const [cells, inputsEnd, outputsEnd, masks, tables, length] = [0, 1, 2, 3, 4, 5];
  const [offset, inputCell, outputCell, mask, address, low, high] = [6, 7, 8, 9, 10, 11, 12];
  const writer = new FunctionWriter(6, 7);
  writer.loop(); // over the blocks
  writer.get(masks).set(mask).get(cells).set(inputCell);
  writer.loop(); // over the inputs
  writer.get(inputCell).loadI32(0).get(offset).add().set(address);
  for (let table = 0; table < bits / TABLE_BITS; table += 1) tabulate(table);
  writer.get(inputsEnd).set(outputCell);
  writer.loop(); // over the outputs
  writer.get(outputCell).loadI32(0).get(offset).add().set(address);
  for (let word = 0; word < bits; word += 1) accumulate(word);
  writer.get(mask).constant(bits).add().set(mask);
  writer.get(outputCell).constant(4).add().tee(outputCell).get(outputsEnd).lessUnsigned().repeatIf().end();
  writer.get(inputCell).constant(4).add().tee(inputCell).get(inputsEnd).lessUnsigned().repeatIf().end();
  writer
    .get(offset)
    .constant(bits * WORD_BYTES)
    .add()
    .tee(offset)
    .get(length)
    .lessUnsigned()
    .repeatIf()
    .end();
  return kernelModule(writer.finish(), { parameterCount: 6, shared: false });

  /** Fills a table: entry e is the XOR of those of four words whose bits are set in e; each is one XOR of an earlier entry. */
  function tabulate(table: number): void {
    for (let lane = 0; lane < WORD_BYTES; lane += VECTOR_BYTES) {
      writer
        .get(tables)
        .zeroV128()
        .storeV128(table * TABLE_BYTES + lane);
      for (let entry = 1; entry < 1 << TABLE_BITS; entry += 1) {
        const word = table * TABLE_BITS + Math.log2(entry & -entry);
        const rest = table * TABLE_BYTES + (entry & (entry - 1)) * WORD_BYTES + lane;
        writer.get(tables);
        writer
          .get(address)
          .loadV128(word * WORD_BYTES + lane)
          .get(tables)
          .loadV128(rest)
          .xorV128();
        writer.storeV128(table * TABLE_BYTES + entry * WORD_BYTES + lane);
      }
    }
  }

  /** Adds a word of the product to an output. */
  function accumulate(word: number): void {
    writer
      .get(mask)
      .loadU8(word)
      .tee(high)
      .constant(0x0f)
      .and()
      .constant(6)
      .shiftLeft()
      .get(tables)
      .add()
      .set(low);
    if (bits > TABLE_BITS)
      writer.get(high).constant(TABLE_BITS).shiftRight().constant(6).shiftLeft().get(tables).add().set(high);
    for (let lane = 0; lane < WORD_BYTES; lane += VECTOR_BYTES) {
      const place = word * WORD_BYTES + lane;
      writer.get(address).get(address).loadV128(place).get(low).loadV128(lane).xorV128();
      if (bits > TABLE_BITS)
        writer
          .get(high)
          .loadV128(TABLE_BYTES + lane)
          .xorV128();
      writer.storeV128(place);
    }
  }
}
