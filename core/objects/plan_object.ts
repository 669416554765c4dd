import type { Plan } from "../../ioswitch/plan.ts";
import type { PlanGetRequest, PlanPutRequest } from "../client.ts";
import { JcsError } from "../errors.ts";
import { compileTransfer } from "../transfer/compile.ts";
import { lower } from "../transfer/lower.ts";
import type { Transfer } from "../transfer/transfer.ts";
import { findObject } from "./find_object.ts";
import { createLosses } from "./losses.ts";
import type { ObjectContext } from "./object_context.ts";
import { preparePut } from "./prepare_put.ts";
import { putTransfer } from "./put_transfer.ts";
import { rangeOf } from "./range_of.ts";
import { readTransfer } from "./read_transfer.ts";

/** The plan that a put would run now. Nothing is written, not even the intent. */
export async function planPut(context: ObjectContext, request: PlanPutRequest): Promise<Plan> {
  const targets = await preparePut(context, request, new Set());
  return compiled(putTransfer(targets, request.size), request.before);
}

/** The plan that a get would run now, or would if the spaces `without` were gone. */
export async function planGet(context: ObjectContext, request: PlanGetRequest): Promise<Plan> {
  const object = await findObject(context.catalog, request.address);
  const range = rangeOf(object, request);
  const losses = createLosses(object, await context.spaces.speeds());
  const gone = new Set(request.without);
  const choice = losses.choose(range.start, context.spaces.suspects());
  for (const { index, space } of object.blocks) {
    if (gone.has(space)) losses.add(index, new JcsError("Unreachable", `the space is left out`), choice);
  }
  const { from } = losses.choose(range.start, context.spaces.suspects());
  return compiled(readTransfer(object, from, range), request.before);
}

function compiled(transfer: Transfer, before: boolean | undefined): Plan {
  return before ? lower(transfer) : compileTransfer(transfer);
}
