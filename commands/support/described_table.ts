import type { OpFacts, OpTable } from "../../ioswitch/op_table.ts";
import type { Op } from "../../ioswitch/plan.ts";

/** The table `base` with the descriptions that a client gave, for printing only: a plan of another version of jcs, whose ops are not
 *  known here, is printed too. */
export function describedTable(base: OpTable, lines: ReadonlyMap<string, string>): OpTable {
  return {
    ...base,
    inspect(op: Op): OpFacts | undefined {
      const facts = base.inspect(op);
      const line = lines.get(op.id);
      if (line === undefined) return facts;
      const ports = facts?.ports ?? { inputs: [], outputs: [] };
      return {
        spec: {
          kind: op.kind,
          ports: () => ports,
          check: () => [],
          describe: () => line,
          run: async () => {
            throw new Error(`Cannot run op "${op.id}": it is only described`);
          },
        },
        problems: [],
        ports,
      };
    },
  };
}
