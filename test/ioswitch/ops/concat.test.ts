import { concat } from "../../../ioswitch/ops/concat.ts";
import { testOp } from "../../suites/test_op.ts";
import { toyBytes } from "../toy_ops.ts";

const [a, b] = [toyBytes(1, 100), toyBytes(2, 7)];

testOp(concat, {
  samples: [
    { name: "two", attrs: { count: 2 }, inputs: [a, b], outputs: [Uint8Array.of(...a, ...b)] },
    { name: "one", attrs: { count: 1 }, inputs: [a], outputs: [a] },
    { name: "none", attrs: { count: 0 }, inputs: [], outputs: [new Uint8Array()] },
    { name: "with an empty one", attrs: { count: 2 }, inputs: [new Uint8Array(), b], outputs: [b] },
  ],
  bad: [{ attrs: { count: -1 }, problem: '"count" must be a whole number' }],
});
