import type { GaloisField } from "../galois_field.ts";
import type { Matrix } from "../matrix.ts";
import { emitKernel } from "./emit_kernel.ts";
import { type Factors, matrixBits, type XorProgram, xorProgram } from "./xor_program.ts";

/** A compiled kernel bound to a memory. Arguments: addresses of inputs and outputs, or of input 0 alone where a stride is compiled in;
 *  then the length in bytes, a positive multiple of the block. */
export type KernelFunction = (...addressesAndLength: number[]) => void;

/** outputs = rows · inputs on WebAssembly memory, as straight code made for these rows. */
export interface Kernel {
  /** Whether the code stays reasonably small. If not, use the {@link genericKernel}. */
  readonly unrolls: boolean;
  /** The function for a memory: with `strideBytes` each shard, outputs after inputs, lies so far after the one before; 0 for an
   *  address each. Compiled when first asked for, which costs some milliseconds, and kept. */
  on(memory: WebAssembly.Memory, strideBytes: number): KernelFunction;
}

/** Bit matrices of more bits than this would take too long to make straight code for: 32+4 over GF(2^8) takes some 20 ms. */
const MATRIX_BITS_MAX = 8192;

/** The kernel for `rows`; see {@link xorProgram} for `factors`. Nothing is compiled yet. */
export function createKernel(field: GaloisField, rows: Matrix, factors?: Factors): Kernel {
  let program: XorProgram | undefined;
  const modules = new Map<string, WebAssembly.Module>();
  const instances = new WeakMap<WebAssembly.Memory, Map<number, KernelFunction>>();

  function compile(memory: WebAssembly.Memory, strideBytes: number): KernelFunction {
    const shared = isShared(memory);
    const key = `${strideBytes} ${shared}`;
    let module = modules.get(key);
    if (module === undefined) {
      program ??= xorProgram(field, rows, factors === undefined ? {} : { factors });
      module = new WebAssembly.Module(emitKernel(program, { strideBytes, shared }));
      modules.set(key, module);
    }
    return new WebAssembly.Instance(module, { jcs: { memory } }).exports["run"] as KernelFunction;
  }

  return {
    unrolls: matrixBits(field, rows) <= MATRIX_BITS_MAX,
    on(memory, strideBytes) {
      let functions = instances.get(memory);
      if (functions === undefined) {
        functions = new Map();
        instances.set(memory, functions);
      }
      let run = functions.get(strideBytes);
      if (run === undefined) {
        run = compile(memory, strideBytes);
        functions.set(strideBytes, run);
      }
      return run;
    },
  };
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}
