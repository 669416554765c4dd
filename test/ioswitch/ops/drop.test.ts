import { drop } from "../../../ioswitch/ops/drop.ts";
import { testOp } from "../../suites/test_op.ts";
import { toyBytes } from "../toy_ops.ts";

testOp(drop, {
  samples: [{ name: "bytes", attrs: {}, inputs: [toyBytes(1, 100)], outputs: [], readsToEnd: false }],
});
