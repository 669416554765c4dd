import type { Speed } from "../../core/measure_speed.ts";
import type { Edge } from "../command.ts";
import type { Machine } from "./machine.ts";

/** Prints results as they come. */
export interface Report {
  /** One case; scripts get all of it, with `type`. */
  add(type: string, result: Speed & { readonly name: string }): void;
}

const NAME_COLUMNS = 52;
const NUMBER_COLUMNS = 10;

/** Starts a report: prints the machine, warns when it is busy, and prints the titles of the columns. */
export function createReport(
  edge: Edge,
  options: { readonly machine: Machine; readonly unit: string; readonly bytesPerUnit: number },
): Report {
  const { machine, unit, bytesPerUnit } = options;
  const { cpu, cores, load, engine, jcs, isBusy } = machine;
  edge.output.result({
    text: `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, load ${load.toFixed(2)}, ${engine}, jcs ${jcs}`,
    json: { type: "machine", ...machine },
  });
  if (isBusy)
    edge.output.warn(
      `This machine is busy (load ${load.toFixed(2)} on ${cores} cores): results are too low, most of all those of several threads`,
    );
  if (!edge.global().json) {
    edge.output.result({ text: line(unit, ["best", "median", "low", "high"]), json: {} });
  }
  const format = (gigabytes: number) => {
    const value = (gigabytes * 1e9) / bytesPerUnit;
    return value >= 100 ? value.toFixed(0) : value.toFixed(1);
  };
  return {
    add(type, result) {
      const { bestGBps, medianGBps, middleGBps } = result;
      edge.output.result({
        text: line(result.name, [bestGBps, medianGBps, ...middleGBps].map(format)),
        json: { type, ...result },
      });
    },
  };
}

function line(name: string, values: readonly string[]): string {
  return name.padEnd(NAME_COLUMNS) + values.map((value) => value.padStart(NUMBER_COLUMNS)).join("");
}
