import type { OpSpec } from "../../../ioswitch/op_spec.ts";
import { createOpTable, type OpTable } from "../../../ioswitch/op_table.ts";
import { BUILTIN_OPS } from "../../../ioswitch/ops/all.ts";
import type { TransferAttrs } from "../attrs.ts";
import { blockRead } from "./block_read.ts";
import { blockWrite } from "./block_write.ts";
import { ecRebuild } from "./ec_rebuild.ts";
import { hash } from "./hash.ts";
import { stripJoin } from "./strip_join.ts";
import { stripSplit } from "./strip_split.ts";

/** Every storage op. A kind without a line here does not compile. */
export const TRANSFER_OPS: { readonly [Kind in keyof TransferAttrs]: OpSpec<TransferAttrs[Kind]> } = {
  hash,
  "block.read": blockRead,
  "block.write": blockWrite,
  "strip.split": stripSplit,
  "strip.join": stripJoin,
  "ec.rebuild": ecRebuild,
};

/** The engine's own ops and the storage ops. */
export const TRANSFER_TABLE: OpTable = createOpTable(BUILTIN_OPS, TRANSFER_OPS);
