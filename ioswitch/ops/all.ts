import type { OpSpecs } from "../op_table.ts";
import { type CloneAttrs, clone } from "./clone.ts";
import { type ConcatAttrs, concat } from "./concat.ts";
import { type ConstantAttrs, constant } from "./constant.ts";
import { type DropAttrs, drop } from "./drop.ts";
import { type InputAttrs, input } from "./input.ts";
import { type LengthAttrs, length } from "./length.ts";
import { type RangeAttrs, range } from "./range.ts";
import { type ReceiveAttrs, receive } from "./receive.ts";
import { type SendAttrs, send } from "./send.ts";

/** The attributes of each op of the engine itself. */
export type BuiltinAttrs = {
  readonly input: InputAttrs;
  readonly constant: ConstantAttrs;
  readonly clone: CloneAttrs;
  readonly drop: DropAttrs;
  readonly range: RangeAttrs;
  readonly concat: ConcatAttrs;
  readonly length: LengthAttrs;
  readonly send: SendAttrs;
  readonly receive: ReceiveAttrs;
};

/** The ops of the engine itself: they move bytes and know nothing of what the bytes mean. */
export const BUILTIN_OPS: OpSpecs<BuiltinAttrs> = {
  input,
  constant,
  clone,
  drop,
  range,
  concat,
  length,
  send,
  receive,
};
