import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CAUCHY_16, CAUCHY_256 } from "../../../core/coding/cauchy_matrix.ts";
import { makeGoldenVector, readGoldenVectors, VECTORS_FILE } from "./golden_vectors.ts";

/** Every shape of up to 16 shards, by both codes, and some beyond. */
function shapes() {
  const list: { code: string; dataShards: number; parityShards: number; shardBytes: number }[] = [];
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

/** Vectors are never rewritten: `UPDATE=1` only adds shapes that are not there yet. */
if (process.env["UPDATE"] === "1") {
  const known = new Map(readGoldenVectors().map((vector) => [nameOf(vector), vector]));
  const vectors = shapes().map((shape) => known.get(nameOf(shape)) ?? makeGoldenVector(shape, "reference"));
  writeFileSync(VECTORS_FILE, `[\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]\n`);
}

function nameOf(shape: { code: string; dataShards: number; parityShards: number }): string {
  return `${shape.code} ${shape.dataShards}+${shape.parityShards}`;
}

test("every shape has its vector", () => {
  expect(readGoldenVectors().map(nameOf)).toEqual(shapes().map(nameOf));
});

test("the kernel gives the pinned parity", () => {
  for (const vector of readGoldenVectors()) expect(makeGoldenVector(vector, "kernel")).toEqual(vector);
});

test("the reference gives the pinned parity", () => {
  for (const vector of readGoldenVectors()) {
    if (vector.dataShards * vector.parityShards > 200) continue;
    expect(makeGoldenVector(vector, "reference")).toEqual(vector);
  }
});

test("Deno agrees", async () => {
  const deno = fileURLToPath(new URL("../../../node_modules/.bin/deno", import.meta.url));
  const script = fileURLToPath(new URL("check_vectors.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(deno, ["run", "--allow-read", script], {
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
  expect(stdout).toBe(`${readGoldenVectors().length} vectors agree\n`);
});
