import fc from "fast-check";
import type { Plan, Wire } from "../../ioswitch/plan.ts";
import { toyBuilder } from "./toy_ops.ts";

/** Options of {@link randomPlan}. */
export interface RandomPlanOptions {
  /** Streams and values may be taken more than once. Then the wires hold whole streams: the rule for plans in which ways
   *  part and meet again is that the difference between the ways fits into a wire. */
  readonly shared: boolean;
  readonly bufferBytes: number;
}

/** Sound plans of pure toy ops, with ops at the driver, at nodes "a" and "b", and not placed. */
export function randomPlan({ shared, bufferBytes }: RandomPlanOptions): fc.Arbitrary<Plan> {
  const step = fc.record({
    kind: fc.integer({ min: 0, max: 8 }),
    pick: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
    number: fc.integer({ min: 0, max: 3 }),
    at: fc.constantFrom(undefined, "driver", "a", "b"),
    wanted: fc.boolean(),
  });
  return fc.array(step, { minLength: 1, maxLength: 14 }).map((steps) => {
    const builder = toyBuilder(bufferBytes);
    const streams: { readonly wire: Wire; readonly bytes: number }[] = [];
    const values: Wire[] = [];
    let results = 0;
    function take<T>(from: T[], pick: number): T {
      const index = pick % from.length;
      return shared ? from[index]! : from.splice(index, 1)[0]!;
    }
    for (const { kind, pick, number, at, wanted } of steps) {
      const [p = 0, q = 0] = pick;
      const isSource =
        streams.length === 0 || kind === 0 || ((kind === 2 || kind === 3) && streams.length < 2);
      if (isSource) {
        const bytes = 10 * number + 1;
        const op = builder.add("toy.bytes", { seed: number % 2, bytes, chunkBytes: 7 }, [], { at });
        streams.push({ wire: op.out(), bytes });
      } else if (kind === 1) {
        const { wire, bytes } = take(streams, p);
        streams.push({ wire: builder.add("toy.add", { amount: number }, [wire], { at }).out(), bytes });
      } else if (kind === 2) {
        const [one, two] = [take(streams, p), take(streams, q)];
        const op = builder.add("toy.mix", {}, [one.wire, two.wire], { at });
        streams.push({ wire: op.out(), bytes: Math.max(one.bytes, two.bytes) });
      } else if (kind === 3) {
        const [one, two] = [take(streams, p), take(streams, q)];
        const op = builder.add("concat", { count: 2 }, [one.wire, two.wire], { at });
        streams.push({ wire: op.out(), bytes: one.bytes + two.bytes });
      } else if (kind === 4) {
        values.push(builder.add("toy.sum", {}, [take(streams, p).wire], { at }).out());
      } else if (kind === 5) {
        const { wire, bytes } = take(streams, p);
        const offset = Math.min(number, bytes);
        const length = Math.floor((bytes - offset) / 2);
        const op = builder.add("range", { offset, length }, [wire], { at });
        streams.push({ wire: op.out(), bytes: length });
      } else if (kind === 6 && shared) {
        const { wire, bytes } = take(streams, p);
        const op = builder.add("length", {}, [wire], { at });
        streams.push({ wire: op.out(0), bytes });
        values.push(op.out(1));
      } else if (kind === 7 && values.length > 0) {
        const { wire, bytes } = take(streams, p);
        const op = builder.add("toy.shift", {}, [wire, take(values, q)], { at });
        streams.push({ wire: op.out(), bytes });
      } else if (values.length > 1) {
        values.push(builder.add("toy.plus", { count: 2 }, [take(values, p), take(values, q)], { at }).out());
      }
      if (!wanted) continue;
      if (streams.length > 0) builder.result(`stream${results}`, take(streams, q).wire);
      if (values.length > 0) builder.result(`value${results}`, take(values, q));
      results += 1;
    }
    return builder.build();
  });
}
