import type { GaloisField } from "../galois_field.ts";
import type { Matrix } from "../matrix.ts";
import { type Addressing, emitKernel } from "./emit_kernel.ts";
import { type Factors, type XorProgram, xorProgram } from "./xor_program.ts";

/** A compiled kernel, ready for a memory: addresses of inputs and outputs (or of the first input only, by its addressing),
 *  then the length in bytes. */
export type KernelFunction = (...addressesAndLength: number[]) => void;

/** outputs = rows · inputs on WebAssembly memory. Writes its program when first asked, compiles for shared and private memories
 *  and for each addressing when first used, and keeps one instance per memory. */
export interface Kernel {
  /** The function for a memory; compiles where need be, which costs some milliseconds. */
  on(memory: WebAssembly.Memory, addressing: Addressing): KernelFunction;
}

/** The kernel for `rows`; see {@link xorProgram} for `factors`. */
export function createKernel(field: GaloisField, rows: Matrix, factors?: Factors): Kernel {
  let program: XorProgram | undefined;
  const modules = new Map<string, WebAssembly.Module>();
  const instances = new WeakMap<WebAssembly.Memory, Map<string, KernelFunction>>();
  return {
    on(memory, addressing) {
      let functions = instances.get(memory);
      if (functions === undefined) {
        functions = new Map();
        instances.set(memory, functions);
      }
      const key = addressing.kind === "pointers" ? "pointers" : `stride ${addressing.strideBytes}`;
      let run = functions.get(key);
      if (run === undefined) {
        const shared = isShared(memory);
        const moduleKey = `${key} ${shared}`;
        let module = modules.get(moduleKey);
        if (module === undefined) {
          program ??= xorProgram(field, rows, factors === undefined ? {} : { factors });
          module = new WebAssembly.Module(emitKernel(program, { addressing, shared }));
          modules.set(moduleKey, module);
        }
        run = new WebAssembly.Instance(module, { jcs: { memory } }).exports["run"] as KernelFunction;
        functions.set(key, run);
      }
      return run;
    },
  };
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}
