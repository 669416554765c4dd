import { describe, expect, test } from "vitest";
import type { ObjectRecord } from "../../../core/catalog/catalog.ts";
import { sourceOf } from "../../../core/objects/losses.ts";
import type { PutTargets } from "../../../core/objects/prepare_put.ts";
import { targetOf } from "../../../core/objects/prepare_put.ts";
import { putTransfer, rebuildTransfer } from "../../../core/objects/put_transfer.ts";
import { readTransfer } from "../../../core/objects/read_transfer.ts";
import { parseScheme } from "../../../core/redundancy/parse_scheme.ts";
import type { Redundancy } from "../../../core/redundancy/scheme.ts";
import { shapeOf } from "../../../core/redundancy/shape.ts";
import { stripLayout } from "../../../core/redundancy/strip_layout.ts";
import { compileTransfer } from "../../../core/transfer/compile.ts";
import { lower } from "../../../core/transfer/lower.ts";
import { TRANSFER_TABLE } from "../../../core/transfer/ops/all.ts";
import type { Transfer } from "../../../core/transfer/transfer.ts";
import { printText } from "../../../ioswitch/print/text.ts";
import { expectGolden } from "../../suites/golden.ts";

const MIB = 1024 * 1024;
const SIZE = 10 * MIB + 1000;
const generation = "019a0000000070008000000000000001";
const hash = `sha256:${"ab".repeat(32)}`;
const date = new Date("2026-01-02T03:04:05Z");

function redundancyOf(scheme: string): Redundancy {
  const parsed = parseScheme(scheme);
  if (parsed.kind === "auto") throw new Error("a definite scheme is needed");
  return parsed;
}

function payloadBytesOf(redundancy: Redundancy): number {
  return redundancy.kind === "ec"
    ? stripLayout({ ...redundancy, blockBytes: 256, size: SIZE }).shardBytes
    : SIZE;
}

function targets(scheme: string): PutTargets {
  const redundancy = redundancyOf(scheme);
  const seed = {
    generation,
    bucket: "b",
    package: "p",
    path: "o",
    redundancy,
    checksumChunkBytes: 65536,
    createdAt: date.toISOString(),
    metadata: {},
  };
  const blocks = Array.from({ length: shapeOf(redundancy).blocks }, (_, index) =>
    targetOf(seed, index, `space${index}`),
  );
  return {
    generation,
    createdAt: date,
    redundancy,
    wanted: redundancy,
    blocks,
    alternates: [],
    warnings: [],
  };
}

function stored(scheme: string): ObjectRecord {
  const { redundancy, blocks } = targets(scheme);
  const payloadBytes = payloadBytesOf(redundancy);
  return {
    address: { bucket: "b", package: "p", path: "o" },
    createdAt: date,
    updatedAt: date,
    generation: {
      id: generation,
      size: SIZE,
      hash,
      redundancy,
      payloadBytes,
      checksumChunkBytes: 65536,
      metadata: {},
      createdAt: date,
    },
    blocks: blocks.map(({ index, space, path }) => ({ index, space, path, bytes: payloadBytes + 500 })),
  };
}

function get(scheme: string, lost: readonly number[], range = { start: 0, end: SIZE }): Transfer {
  const object = stored(scheme);
  const { needed } = shapeOf(object.generation.redundancy);
  const present = object.blocks.filter((block) => !lost.includes(block.index)).slice(0, needed);
  return readTransfer(
    object,
    present.map((block) => sourceOf(object, block)),
    range,
  );
}

function repair(scheme: string, lost: readonly number[]): Transfer {
  const { redundancy, blocks } = targets(scheme);
  const { needed } = shapeOf(redundancy);
  const payloadBytes = payloadBytesOf(redundancy);
  const present = stored(scheme)
    .blocks.filter((block) => !lost.includes(block.index))
    .slice(0, needed);
  return rebuildTransfer(
    { generation, redundancy, facts: { size: SIZE, hash } },
    present.map((block) => ({ ...block, payloadBytes })),
    blocks.filter((block) => lost.includes(block.index)),
  );
}

const cases: Readonly<Record<string, Transfer>> = {
  put_none: putTransfer(targets("none"), SIZE),
  put_rep_3: putTransfer(targets("rep:3"), SIZE),
  put_ec_4_2: putTransfer(targets("ec:4+2"), SIZE),
  put_ec_4_2_unknown_size: putTransfer(targets("ec:4+2"), undefined),
  get_rep_3: get("rep:3", []),
  get_ec_4_2: get("ec:4+2", []),
  get_ec_4_2_two_lost: get("ec:4+2", [0, 3]),
  get_ec_4_2_short_range: get("ec:4+2", [], { start: 5 * MIB + 10, end: 5 * MIB + 2010 }),
  get_ec_4_2_short_range_of_lost: get("ec:4+2", [1], { start: 5 * MIB + 10, end: 5 * MIB + 2010 }),
  get_ec_4_2_range_over_strips: get("ec:4+2", [2], { start: 3 * MIB, end: 9 * MIB }),
  repair_ec_4_2_data_and_parity: repair("ec:4+2", [1, 5]),
  repair_rep_3: repair("rep:3", [2]),
};

describe.each(Object.entries(cases))("%s", (name, transfer) => {
  test("as lowered", () => {
    expectGolden(`plans/transfer/${name}.before.txt`, printText(lower(transfer), { table: TRANSFER_TABLE }));
  });
  test("as optimised", () => {
    expectGolden(
      `plans/transfer/${name}.txt`,
      printText(compileTransfer(transfer), { table: TRANSFER_TABLE }),
    );
  });
});

test("a repair reads k blocks and writes only what is missing", () => {
  const plan = compileTransfer(cases["repair_ec_4_2_data_and_parity"]!);
  const count = (kind: string) => plan.ops.filter((op) => op.kind === kind).length;
  expect([count("block.read"), count("block.write"), count("strip.join"), count("strip.split")]).toEqual([
    4, 2, 0, 0,
  ]);
});
