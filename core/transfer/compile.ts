import { runPasses } from "../../ioswitch/pass_runner.ts";
import type { Plan } from "../../ioswitch/plan.ts";
import { lower } from "./lower.ts";
import { TRANSFER_TABLE } from "./ops/all.ts";
import { PASSES } from "./passes/all.ts";
import type { Transfer } from "./transfer.ts";

/** Turns a transfer into a plan that can be run: lowered, optimised, placed. Pure. */
export function compileTransfer(transfer: Transfer): Plan {
  return runPasses(lower(transfer), PASSES, {}, { table: TRANSFER_TABLE }).plan;
}
