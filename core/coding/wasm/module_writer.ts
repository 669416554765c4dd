/** Writes the few WebAssembly instructions that coding kernels need. One instance writes one function body. */
export class FunctionWriter {
  readonly #bytes: number[] = [];
  readonly #parameterCount: number;
  readonly #addressLocals: number;
  #vectorLocals = 0;

  /** A function of `parameterCount` i32 parameters and `addressLocals` i32 locals; locals are numbered after parameters. */
  constructor(parameterCount: number, addressLocals: number) {
    this.#parameterCount = parameterCount;
    this.#addressLocals = addressLocals;
  }

  /** A new v128 local. */
  vectorLocal(): number {
    this.#vectorLocals += 1;
    return this.#parameterCount + this.#addressLocals + this.#vectorLocals - 1;
  }

  get(local: number): this {
    return this.#emit(0x20).#unsigned(local);
  }

  set(local: number): this {
    return this.#emit(0x21).#unsigned(local);
  }

  tee(local: number): this {
    return this.#emit(0x22).#unsigned(local);
  }

  constant(value: number): this {
    this.#emit(0x41);
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.#emit(low);
      this.#emit(low | 0x80);
    }
  }

  add(): this {
    return this.#emit(0x6a);
  }

  or(): this {
    return this.#emit(0x72);
  }

  and(): this {
    return this.#emit(0x71);
  }

  lessUnsigned(): this {
    return this.#emit(0x49);
  }

  shiftLeft(): this {
    return this.#emit(0x74);
  }

  shiftRight(): this {
    return this.#emit(0x76);
  }

  /** One byte, zero-extended. */
  loadU8(offsetBytes: number): this {
    return this.#emit(0x2d, 0x00).#unsigned(offsetBytes);
  }

  loadI32(offsetBytes: number): this {
    return this.#emit(0x28, 0x02).#unsigned(offsetBytes);
  }

  loadV128(offsetBytes: number): this {
    return this.#emit(0xfd, 0x00, 0x00).#unsigned(offsetBytes);
  }

  storeV128(offsetBytes: number): this {
    return this.#emit(0xfd, 0x0b, 0x00).#unsigned(offsetBytes);
  }

  zeroV128(): this {
    return this.#emit(0xfd, 0x0c, ...new Array<number>(16).fill(0));
  }

  xorV128(): this {
    return this.#emit(0xfd, 0x51);
  }

  /** Starts a loop; {@link repeatIf} jumps back to here. */
  loop(): this {
    return this.#emit(0x03, 0x40);
  }

  /** Takes a condition from the stack: repeats the innermost loop when it is not zero. */
  repeatIf(): this {
    return this.#emit(0x0d, 0x00);
  }

  end(): this {
    return this.#emit(0x0b);
  }

  /** The body as it stands in the code section: size, locals, instructions. */
  finish(): readonly number[] {
    const locals = [...encodeUnsigned(2), ...encodeUnsigned(this.#addressLocals), I32];
    locals.push(...encodeUnsigned(this.#vectorLocals), V128);
    const sizeBytes = locals.length + this.#bytes.length + 1;
    return [...encodeUnsigned(sizeBytes), ...locals].concat(this.#bytes, 0x0b);
  }

  #emit(...bytes: number[]): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  #unsigned(value: number): this {
    return this.#emit(...encodeUnsigned(value));
  }
}

/** A module that imports the memory `jcs.memory` and exports one function `run` of `parameterCount` i32 and no result.
 *
 *  `shared` must match the memory it will be bound to. `body` comes from {@link FunctionWriter.finish}. */
export function kernelModule(
  body: readonly number[],
  options: { readonly parameterCount: number; readonly shared: boolean },
): Uint8Array<ArrayBuffer> {
  const parameters = new Array<number>(options.parameterCount).fill(I32);
  const limits = options.shared ? [0x03, 0x01, ...encodeUnsigned(PAGES_MAX)] : [0x00, 0x01];
  const type = [0x01, 0x60, ...encodeUnsigned(parameters.length), ...parameters, 0x00];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, type),
    ...section(2, [0x01, ...text("jcs"), ...text("memory"), 0x02, ...limits]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, ...text("run"), 0x00, 0x00]),
    ...section(10, [0x01].concat(body)),
  ]);
}

const I32 = 0x7f;
const V128 = 0x7b;

/** Most pages that a 32-bit memory can have: the import accepts any smaller maximum. */
const PAGES_MAX = 65_536;

function section(id: number, content: readonly number[]): number[] {
  return [id, ...encodeUnsigned(content.length)].concat(content);
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...encodeUnsigned(bytes.length), ...bytes];
}

/** Unsigned LEB128. */
function encodeUnsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}
