import { constant } from "../../../ioswitch/ops/constant.ts";
import { testOp } from "../../suites/test_op.ts";

testOp(constant, {
  samples: [
    { name: "a list", attrs: { value: [1, "a", null] }, inputs: [], outputs: [[1, "a", null]] },
    { name: "null", attrs: { value: null }, inputs: [], outputs: [null] },
  ],
  bad: [{ attrs: {}, problem: '"value" is missing' }],
});
