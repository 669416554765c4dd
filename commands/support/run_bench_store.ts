import { formatByteSize } from "../../core/bytes/byte_size.ts";
import { PARALLEL_OBJECTS_DEFAULT } from "../../core/limits.ts";
import { benchSpace, type SpaceBench, type SpaceSpeed } from "../../core/objects/bench_space.ts";
import type { Edge } from "../command.ts";
import { nativeOf } from "./native/native_of.ts";

const NAME_COLUMNS = 14;
const SPEED_COLUMNS = 16;

/** Measures one space and shows each case when it is measured. */
export async function benchStore(edge: Edge, bench: Omit<SpaceBench, "parallel" | "signal">): Promise<void> {
  const native = nativeOf(await edge.client());
  const parallel = edge.global().parallel ?? PARALLEL_OBJECTS_DEFAULT;
  if (!edge.global().json) edge.output.result({ text: line("", ["best", "median"]), json: {} });
  for await (const speed of benchSpace(native, { ...bench, parallel, signal: edge.signal })) {
    edge.output.result({
      text: line(speed.name, [shown(speed, speed.best), shown(speed, speed.median)]),
      json: { type: "store", space: bench.space, ...speed },
    });
  }
}

function shown({ unit }: SpaceSpeed, value: number): string {
  return unit === "bytesPerSecond" ? `${formatByteSize(value)}/s` : `${value} files/s`;
}

function line(name: string, speeds: readonly string[]): string {
  return name.padEnd(NAME_COLUMNS) + speeds.map((speed) => speed.padStart(SPEED_COLUMNS)).join("");
}
