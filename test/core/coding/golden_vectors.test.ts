import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CAUCHY_16, CAUCHY_256 } from "../../../core/coding/cauchy_matrix.ts";
import { LOCAL_16, LOCAL_256 } from "../../../core/coding/local_matrix.ts";
import { checkBoundaries } from "./check_boundaries.ts";
import {
  type GoldenShape,
  makeGoldenVector,
  readGoldenVectors,
  VECTOR_FILES,
  waysFor,
} from "./golden_vectors.ts";

/** Every shape of up to 16 shards and some beyond. */
function reedSolomonShapes(): GoldenShape[] {
  const list: GoldenShape[] = [];
  for (let dataShards = 1; dataShards <= 16; dataShards += 1) {
    for (let parityShards = 0; dataShards + parityShards <= 16; parityShards += 1) {
      list.push({ code: CAUCHY_16, dataShards, parityShards, shardBytes: 768 });
    }
  }
  const large =
    "1+0 1+1 2+1 2+2 3+2 4+2 4+4 6+3 8+4 10+4 8+8 14+3 16+1 16+2 16+3 16+4 20+4 24+8 32+4 64+3 100+10 250+5 254+1 1+254";
  for (const shape of large.split(" ")) {
    const [dataShards, parityShards] = shape.split("+").map(Number) as [number, number];
    list.push({ code: CAUCHY_256, dataShards, parityShards, shardBytes: 1024 });
  }
  return list;
}

/** Codes with local groups: k+l+g. */
function localShapes(): GoldenShape[] {
  const small = "2+1+1 2+2+0 4+2+0 4+2+1 4+2+2 5+2+2 6+2+2 6+3+2 9+3+2 15+5+2".split(" ");
  const large = "4+2+2 12+2+1 12+2+2 12+3+2 16+4+2 30+2+2 100+10+2".split(" ");
  return [...small.map((shape) => local(LOCAL_16, shape)), ...large.map((shape) => local(LOCAL_256, shape))];
}

function local(code: string, shape: string): GoldenShape {
  const [dataShards, localParities, globalParities] = shape.split("+").map(Number) as [
    number,
    number,
    number,
  ];
  return { code, dataShards, parityShards: localParities + globalParities, globalParities, shardBytes: 1024 };
}

const shapes = [reedSolomonShapes(), localShapes()];

/** Vectors are never rewritten: `UPDATE=1` only adds shapes that are not there yet. */
if (process.env["UPDATE"] === "1") {
  for (const [index, file] of VECTOR_FILES.entries()) {
    const known = existsSync(file) ? readGoldenVectors([file]) : [];
    const byName = new Map(known.map((vector) => [nameOf(vector), vector]));
    const vectors = shapes[index]!.map(
      (shape) => byName.get(nameOf(shape)) ?? makeGoldenVector(shape, "reference"),
    );
    writeFileSync(file, `[\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]\n`);
  }
}

function nameOf(shape: GoldenShape): string {
  return `${shape.code} ${shape.dataShards}+${shape.parityShards} ${shape.globalParities ?? ""}`;
}

test("every shape has its vector", () => {
  expect(readGoldenVectors().map(nameOf)).toEqual(shapes.flat().map(nameOf));
});

test.each(["generic", "unrolled", "reference"] as const)("the pinned parity comes out: %s", (way) => {
  for (const vector of readGoldenVectors()) {
    if (waysFor(vector).includes(way)) expect(makeGoldenVector(vector, way)).toEqual(vector);
  }
});

test("Deno agrees", async () => {
  const deno = fileURLToPath(new URL("../../../node_modules/.bin/deno", import.meta.url));
  const script = fileURLToPath(new URL("check_runtime.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(deno, ["run", "--allow-read", "--allow-env", script], {
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
  const counts = `${readGoldenVectors().length} vectors agree\n${checkBoundaries()} boundaries agree\n`;
  expect(stdout).toBe(`${counts}worker agrees\n`);
});
