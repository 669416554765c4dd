import type { Redundancy } from "./scheme.ts";

/** What counts about a redundancy when blocks are chosen. */
export interface Shape {
  /** Blocks in all. */
  readonly blocks: number;
  /** How many of them, any, give the object. */
  readonly needed: number;
}

/** Number of blocks and how many of them are needed. */
export function shapeOf(redundancy: Redundancy): Shape {
  switch (redundancy.kind) {
    case "none":
      return { blocks: 1, needed: 1 };
    case "rep":
      return { blocks: redundancy.count, needed: 1 };
    case "ec":
      return { blocks: redundancy.dataShards + redundancy.parityShards, needed: redundancy.dataShards };
  }
}

/** What block `index` is to its object. */
export function roleOf(redundancy: Redundancy, index: number): "data" | "parity" | "replica" {
  switch (redundancy.kind) {
    case "none":
      return "data";
    case "rep":
      return "replica";
    case "ec":
      return index < redundancy.dataShards ? "data" : "parity";
  }
}
