import { describe, expect, test } from "vitest";
import type { ByteStream } from "../../ioswitch/byte_stream.ts";
import { execute } from "../../ioswitch/executor.ts";
import type { Json, JsonObject } from "../../ioswitch/json.ts";
import type { OpSpec } from "../../ioswitch/op_spec.ts";
import { createOpTable } from "../../ioswitch/op_table.ts";
import { input } from "../../ioswitch/ops/input.ts";
import type { Op, Plan, Wire } from "../../ioswitch/plan.ts";
import { createServices, type Services } from "../../ioswitch/services.ts";

/** One way to use an op, and what must come of it. */
export interface OpSample {
  readonly name: string;
  readonly attrs: JsonObject;
  /** What goes in, in port order: bytes for a stream, JSON for a value. */
  readonly inputs: readonly (Uint8Array | Json)[];
  /** What must come out, in port order. */
  readonly outputs: readonly (Uint8Array | Json)[];
  /** Made anew for each run; nothing unless given. */
  readonly services?: () => Services;
  /** Called after a run that ended well: checks what the op has done outside the plan. */
  readonly after?: () => void | Promise<void>;
  /** Whether the op reads each stream to its end, so that a failing input must fail the run; yes unless given. */
  readonly readsToEnd?: boolean;
}

/** What {@link testOp} needs to know of an op. */
export interface OpSuite {
  readonly samples: readonly OpSample[];
  /** Attributes that `check` must reject, with a part of the sentence it must say. */
  readonly bad?: readonly { readonly attrs: JsonObject; readonly problem: string }[];
}

/** The conformance suite of ops: each sample gives its outputs however the inputs are cut, and the op behaves when its
 *  consumers leave, when its inputs fail, and when it is cancelled. */
export function testOp(spec: OpSpec, { samples, bad = [] }: OpSuite): void {
  const table = createOpTable([spec], spec.kind === "input" ? [] : [input]);

  describe(`op ${spec.kind}`, () => {
    for (const { attrs, problem } of bad) {
      test(`rejects ${JSON.stringify(attrs)}`, () => {
        expect(spec.check({ id: "x", kind: spec.kind, attrs, inputs: [] }).join("; ")).toContain(problem);
      });
    }

    for (const sample of samples) {
      const plan = planFor(sample);
      const { inputs, outputs } = spec.ports(plan.ops.at(-1)!);
      const streamsIn = inputs.flatMap((carries, port) => (carries === "stream" ? [port] : []));
      const streamsOut = outputs.flatMap((carries, port) => (carries === "stream" ? [port] : []));

      test(`${sample.name}: ports, attributes and description are sound`, () => {
        const op = plan.ops.at(-1)!;
        expect(spec.check(op)).toEqual([]);
        expect(inputs).toHaveLength(sample.inputs.length);
        expect(outputs).toHaveLength(sample.outputs.length);
        expect(JSON.parse(JSON.stringify(op.attrs))).toEqual(op.attrs);
        expect(spec.describe(op)).toMatch(/^[^\n]+$/);
      });

      for (const chunkBytes of [1, 3, 1 << 20]) {
        test(`${sample.name}: gives its outputs from chunks of ${chunkBytes}`, async () => {
          const run = start(sample, (bytes) => chunked(bytes, chunkBytes));
          const results = outputs.map((carries, port) =>
            carries === "stream" ? collect(run.stream(`out${port}`)) : run.value(`out${port}`),
          );
          expect(await Promise.all(results)).toEqual(sample.outputs);
          await run.done;
          await sample.after?.();
        });
      }

      if (streamsOut.length > 0) {
        test(`${sample.name}: ends well when its consumers leave`, async () => {
          const run = start(sample, (bytes) => chunked(bytes, 1));
          for (const port of streamsOut) await run.stream(`out${port}`)[Symbol.asyncIterator]().return?.();
          await run.done;
        });
      }

      if (streamsIn.length > 0) {
        test(`${sample.name}: is stopped while its inputs hang`, async () => {
          const run = start(sample, hanging);
          run.cancel(new Error("enough"));
          await expect(run.done).rejects.toThrow("enough");
          expect(run.report().ops.map((op) => op.outcome)).not.toContain("abandoned");
        });
      }

      if (sample.readsToEnd === false) continue;
      for (const failing of streamsIn) {
        test(`${sample.name}: passes on the failure of input ${failing}`, async () => {
          let port = 0;
          const run = start(sample, (bytes) => {
            const current = streamsIn[port++];
            return current === failing ? broken(bytes) : chunked(bytes, 1);
          });
          for (const out of streamsOut) collect(run.stream(`out${out}`)).catch(ignore);
          await expect(run.done).rejects.toThrow("the wire broke");
        });
      }
    }
  });

  function planFor(sample: OpSample): Plan {
    const ops: Op[] = [];
    const wires: Wire[] = [];
    sample.inputs.forEach((given, port) => {
      const carries = given instanceof Uint8Array ? "stream" : "value";
      ops.push({ id: `in${port}`, kind: "input", attrs: { name: `in${port}`, carries }, inputs: [] });
      wires.push({ op: `in${port}`, port: 0 });
    });
    ops.push({ id: "op", kind: spec.kind, attrs: sample.attrs, inputs: wires });
    const results = sample.outputs.map((_, port) => [`out${port}`, { op: "op", port }] as const);
    return { ops, results: Object.fromEntries(results), bufferBytes: 64 };
  }

  function start(sample: OpSample, toStream: (bytes: Uint8Array) => ByteStream) {
    const inputs = sample.inputs.map(
      (given, port) => [`in${port}`, given instanceof Uint8Array ? toStream(given) : given] as const,
    );
    const services = sample.services?.() ?? createServices();
    return execute(planFor(sample), { table, services, inputs: Object.fromEntries(inputs) });
  }
}

async function collect(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function* chunked(bytes: Uint8Array, chunkBytes: number): ByteStream {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}

/** The first half of `bytes`, and then a failure. */
async function* broken(bytes: Uint8Array): ByteStream {
  yield* chunked(bytes.subarray(0, bytes.length >> 1), 1);
  throw new Error("the wire broke");
}

/** The first byte, and then nothing, not even an end. */
async function* hanging(bytes: Uint8Array): ByteStream {
  if (bytes.length > 0) yield bytes.slice(0, 1);
  await new Promise(() => {});
}

function ignore(): void {}
