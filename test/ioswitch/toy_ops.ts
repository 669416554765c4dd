import type { OpSpec } from "../../ioswitch/op_spec.ts";
import { createOpTable, type OpSpecs, type OpTable } from "../../ioswitch/op_table.ts";
import { BUILTIN_OPS, type BuiltinAttrs } from "../../ioswitch/ops/all.ts";
import { createPlanBuilder, type PlanBuilder } from "../../ioswitch/plan_builder.ts";
import type { ServiceKey } from "../../ioswitch/services.ts";

/** Where toy ops tell a test what they do. */
export const PROBE: ServiceKey<(event: string, bytes: number) => void> = { name: "toy.probe" };

type None = Readonly<Record<never, never>>;

/** Attributes of the toy ops. */
export type ToyAttrs = {
  readonly "toy.bytes": { readonly seed: number; readonly bytes: number; readonly chunkBytes: number };
  readonly "toy.endless": { readonly chunkBytes: number };
  readonly "toy.add": { readonly amount: number };
  readonly "toy.mix": None;
  readonly "toy.sum": None;
  readonly "toy.plus": { readonly count: number };
  readonly "toy.shift": None;
  readonly "toy.write": { readonly name: string };
  readonly "toy.fail": { readonly afterBytes: number; readonly message: string };
  readonly "toy.hang": { readonly listens: boolean };
  readonly "toy.cut": None;
  readonly "toy.silent": None;
};

/** Attributes of the toy ops and of those of the engine. */
export type TestAttrs = ToyAttrs & BuiltinAttrs;

/** `bytes` bytes of the toy stream `seed`. */
export function toyBytes(seed: number, bytes: number): Uint8Array {
  return Uint8Array.from(
    { length: bytes },
    (_, position) => (Math.imul(position + 1, 2654435761 + seed) >>> 13) & 255,
  );
}

/** A deterministic source. */
const bytes: OpSpec<ToyAttrs["toy.bytes"]> = {
  kind: "toy.bytes",
  pure: true,
  ports: () => ({ inputs: [], outputs: ["stream"] }),
  check: ({ attrs }) => (attrs.chunkBytes > 0 ? [] : ['"chunkBytes" must be more than 0']),
  describe: ({ attrs }) => `${attrs.bytes} toy bytes of seed ${attrs.seed}`,
  async run(context) {
    const { seed, bytes, chunkBytes } = context.attrs;
    const all = toyBytes(seed, bytes);
    const sink = context.sink(0);
    for (let at = 0; at < bytes; at += chunkBytes) {
      if (!(await sink.write(all.slice(at, at + chunkBytes)))) return;
    }
    await sink.end();
  },
};

/** Writes zeros until nobody wants more, telling the probe `produced`; ignores its signal. */
const endless: OpSpec<ToyAttrs["toy.endless"]> = {
  kind: "toy.endless",
  ports: () => ({ inputs: [], outputs: ["stream"] }),
  check: () => [],
  describe: () => "zeros without end",
  async run(context) {
    const { chunkBytes } = context.attrs;
    const sink = context.sink(0);
    const probe = context.services.get(PROBE);
    while (await sink.write(new Uint8Array(chunkBytes))) probe("produced", chunkBytes);
    probe("stopped", 0);
  },
};

/** Adds a number to each byte, in a copy: others may look at the same memory. */
const add: OpSpec<ToyAttrs["toy.add"]> = {
  kind: "toy.add",
  pure: true,
  ports: () => ({ inputs: ["stream"], outputs: ["stream"] }),
  check: () => [],
  describe: ({ attrs }) => `add ${attrs.amount}`,
  async run(context) {
    const sink = context.sink(0);
    for await (const chunk of context.stream(0)) {
      const sum = chunk.map((byte) => byte + context.attrs.amount);
      if (!(await sink.write(sum))) return;
    }
    await sink.end();
  },
};

/** Two streams byte by byte, xor; the longer one's rest goes through as it is. Reads both in step. */
const mix: OpSpec<None> = {
  kind: "toy.mix",
  pure: true,
  ports: () => ({ inputs: ["stream", "stream"], outputs: ["stream"] }),
  check: () => [],
  describe: () => "mix",
  async run(context) {
    const sink = context.sink(0);
    const sides = [0, 1].map((port) => ({
      iterator: context.stream(port)[Symbol.asyncIterator](),
      rest: new Uint8Array() as Uint8Array,
      done: false,
    }));
    for (;;) {
      for (const side of sides) {
        if (side.done || side.rest.length > 0) continue;
        const result = await side.iterator.next();
        if (result.done === true) side.done = true;
        else side.rest = result.value;
      }
      const open = sides.filter((side) => !side.done);
      if (open.length === 0) break;
      const step = Math.min(...open.map((side) => side.rest.length));
      const mixed = new Uint8Array(step);
      for (const side of open) {
        for (let at = 0; at < step; at++) mixed[at] = mixed[at]! ^ side.rest[at]!;
        side.rest = side.rest.subarray(step);
      }
      if (!(await sink.write(mixed))) {
        for (const side of sides) await side.iterator.return?.();
        return;
      }
    }
    await sink.end();
  },
};

/** The sum of all bytes, as a value. */
const sum: OpSpec<None> = {
  kind: "toy.sum",
  pure: true,
  ports: () => ({ inputs: ["stream"], outputs: ["value"] }),
  check: () => [],
  describe: () => "sum",
  async run(context) {
    let total = 0;
    for await (const chunk of context.stream(0)) for (const byte of chunk) total += byte;
    context.put(0, total);
  },
};

/** Adds `count` values. */
const plus: OpSpec<ToyAttrs["toy.plus"]> = {
  kind: "toy.plus",
  pure: true,
  ports: ({ attrs }) => ({
    inputs: Array.from({ length: attrs.count }, () => "value" as const),
    outputs: ["value"],
  }),
  check: () => [],
  describe: ({ attrs }) => `add ${attrs.count} values`,
  async run(context) {
    let total = 0;
    for (let port = 0; port < context.attrs.count; port++) total += Number(await context.value(port));
    context.put(0, total);
  },
};

/** Adds a value to each byte of a stream. */
const shift: OpSpec<None> = {
  kind: "toy.shift",
  pure: true,
  ports: () => ({ inputs: ["stream", "value"], outputs: ["stream"] }),
  check: () => [],
  describe: () => "shift by a value",
  async run(context) {
    const amount = Number(await context.value(1));
    const sink = context.sink(0);
    for await (const chunk of context.stream(0)) {
      if (!(await sink.write(chunk.map((byte) => byte + amount)))) return;
    }
    await sink.end();
  },
};

/** Takes a stream and tells the probe `wrote <name>`; its value is the number of bytes. */
const write: OpSpec<ToyAttrs["toy.write"]> = {
  kind: "toy.write",
  effect: true,
  ports: () => ({ inputs: ["stream"], outputs: ["value"] }),
  check: () => [],
  describe: ({ attrs }) => `write "${attrs.name}"`,
  async run(context) {
    let bytes = 0;
    for await (const chunk of context.stream(0)) bytes += chunk.length;
    context.services.get(PROBE)(`wrote ${context.attrs.name}`, bytes);
    context.put(0, bytes);
  },
};

/** Passes bytes on until it fails. */
const fail: OpSpec<ToyAttrs["toy.fail"]> = {
  kind: "toy.fail",
  ports: () => ({ inputs: ["stream"], outputs: ["stream"] }),
  check: () => [],
  describe: ({ attrs }) => `fail after ${attrs.afterBytes} bytes`,
  async run(context) {
    const sink = context.sink(0);
    let bytes = 0;
    for await (const chunk of context.stream(0)) {
      bytes += chunk.length;
      if (bytes > context.attrs.afterBytes) throw new Error(context.attrs.message);
      await sink.write(chunk);
    }
    await sink.end();
  },
};

/** Never delivers its value; ends when told to stop only if it `listens`. */
const hang: OpSpec<ToyAttrs["toy.hang"]> = {
  kind: "toy.hang",
  effect: true,
  ports: () => ({ inputs: [], outputs: ["value"] }),
  check: () => [],
  describe: () => "hang",
  run: (context) =>
    new Promise((_, reject) => {
      if (!context.attrs.listens) return;
      const { signal } = context;
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
};

/** Writes one byte and returns without ending its stream. */
const cut: OpSpec<None> = {
  kind: "toy.cut",
  ports: () => ({ inputs: [], outputs: ["stream"] }),
  check: () => [],
  describe: () => "cut off",
  async run(context) {
    await context.sink(0).write(Uint8Array.of(1));
  },
};

/** Returns without its value. */
const silent: OpSpec<None> = {
  kind: "toy.silent",
  ports: () => ({ inputs: [], outputs: ["value"] }),
  check: () => [],
  describe: () => "say nothing",
  run: () => Promise.resolve(),
};

/** The toy ops: each does one thing that a test wants to see. */
export const TOY_OPS: OpSpecs<ToyAttrs> = {
  "toy.bytes": bytes,
  "toy.endless": endless,
  "toy.add": add,
  "toy.mix": mix,
  "toy.sum": sum,
  "toy.plus": plus,
  "toy.shift": shift,
  "toy.write": write,
  "toy.fail": fail,
  "toy.hang": hang,
  "toy.cut": cut,
  "toy.silent": silent,
};

/** All toy ops and those of the engine. */
export const TEST_TABLE: OpTable = createOpTable(BUILTIN_OPS, TOY_OPS);

/** A builder for plans of toy ops. */
export function toyBuilder(bufferBytes?: number): PlanBuilder<TestAttrs> {
  return createPlanBuilder<TestAttrs>({
    table: TEST_TABLE,
    ...(bufferBytes === undefined ? {} : { bufferBytes }),
  });
}
