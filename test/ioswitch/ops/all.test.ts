import { expect, test } from "vitest";
import { createOpTable } from "../../../ioswitch/op_table.ts";
import { BUILTIN_OPS } from "../../../ioswitch/ops/all.ts";

test("every builtin op is filed under its kind", () => {
  expect(createOpTable(BUILTIN_OPS).kinds).toEqual(Object.keys(BUILTIN_OPS));
});
