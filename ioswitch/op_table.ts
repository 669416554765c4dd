import type { JsonObject } from "./json.ts";
import type { OpSpec, Ports } from "./op_spec.ts";
import type { Op } from "./plan.ts";

/** The attributes of each kind of op, as a type: what makes a forgotten op a compile error. */
export type AttrsByKind = { readonly [kind: string]: JsonObject };

/** One spec for each kind in `Kinds`; a missing one does not compile. */
export type OpSpecs<Kinds extends AttrsByKind> = { readonly [K in keyof Kinds]: OpSpec<Kinds[K]> };

/** What the table knows of one op. */
export interface OpFacts {
  readonly spec: OpSpec;
  /** What is wrong with the op itself; wires are not looked at. */
  readonly problems: readonly string[];
  /** No ports at all when there are problems. */
  readonly ports: Ports;
}

/** The kinds of ops that a program knows. */
export interface OpTable {
  readonly kinds: readonly string[];
  /** The spec of `kind`, or undefined when it was not registered. */
  find(kind: string): OpSpec | undefined;
  /** The spec of `kind`; throws, naming the kind, when it was not registered. */
  get(kind: string): OpSpec;
  /** Spec, ports and problems of `op`, remembered for as long as the op lives (ops are immutable).
   *  Undefined when its kind was not registered. */
  inspect(op: Op): OpFacts | undefined;
}

const NO_PORTS: Ports = { inputs: [], outputs: [] };

/** Makes a table of all `specs`: records by kind, lists, or both, the engine's own and those of an embedding program.
 *
 *  Throws when two specs have the same kind, or a record files a spec under another name than its kind. */
export function createOpTable(
  ...specs: readonly (readonly OpSpec[] | Readonly<Record<string, OpSpec>>)[]
): OpTable {
  const byKind = new Map<string, OpSpec>();
  for (const group of specs) {
    for (const [key, spec] of Object.entries(group)) {
      if (!Array.isArray(group) && key !== spec.kind) {
        throw new Error(`Cannot register op "${spec.kind}": it is filed under "${key}"`);
      }
      if (byKind.has(spec.kind)) throw new Error(`Cannot register op "${spec.kind}": there is one already`);
      byKind.set(spec.kind, spec);
    }
  }
  const known = new WeakMap<Op, OpFacts>();
  return {
    kinds: [...byKind.keys()],
    find: (kind) => byKind.get(kind),
    get(kind) {
      const spec = byKind.get(kind);
      if (spec === undefined) throw new Error(`Cannot find op "${kind}": no such kind was registered`);
      return spec;
    },
    inspect(op) {
      const remembered = known.get(op);
      if (remembered !== undefined) return remembered;
      const spec = byKind.get(op.kind);
      if (spec === undefined) return undefined;
      const problems = spec.check(op);
      const facts: OpFacts = { spec, problems, ports: problems.length === 0 ? spec.ports(op) : NO_PORTS };
      known.set(op, facts);
      return facts;
    },
  };
}
