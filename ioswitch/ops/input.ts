import { detachable } from "../detachable.ts";
import { INPUTS, isByteStream } from "../inputs.ts";
import type { OpSpec } from "../op_spec.ts";
import { type Carries, DRIVER } from "../plan.ts";

/** Attributes of {@link input}. */
export type InputAttrs = { readonly name: string; readonly carries: Carries };

/** What the caller gives to the plan under `name`: a stream or a value. It is at the driver.
 *
 *  The run never waits for a caller's stream once nobody wants it: its iteration is ended, and left to itself. */
export const input: OpSpec<InputAttrs> = {
  kind: "input",
  pure: true,
  ports: (op) => ({ inputs: [], outputs: [op.attrs.carries] }),
  check({ attrs, at }) {
    const problems: string[] = [];
    if (typeof attrs.name !== "string" || attrs.name === "") problems.push('"name" must be a name');
    if (attrs.carries !== "stream" && attrs.carries !== "value") {
      problems.push('"carries" must be "stream" or "value"');
    }
    if (at !== undefined && at !== DRIVER) problems.push(`it must be at the driver, not at "${at}"`);
    return problems;
  },
  describe: (op) => `input ${op.attrs.carries} "${op.attrs.name}"`,
  async run(context) {
    const { name, carries } = context.attrs;
    const inputs = context.services.get(INPUTS);
    const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (given === undefined) throw new Error(`Cannot read input "${name}": the caller gave none`);
    if (isByteStream(given) !== (carries === "stream")) {
      throw new Error(`Cannot read input "${name}": the caller gave no ${carries}`);
    }
    if (isByteStream(given)) await context.emit(0, detachable(given));
    else context.put(0, given);
  },
};
