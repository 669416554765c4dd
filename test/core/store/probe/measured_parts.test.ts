import { expect, test } from "vitest";
import { findService } from "../../../../core/store/all.ts";
import { parseConnection } from "../../../../core/store/connection_string.ts";
import type { ProbeFinding } from "../../../../core/store/probe/finding.ts";
import { withMeasuredParts } from "../../../../core/store/probe/measured_parts.ts";

const MIB = 1024 * 1024;
const speed = (writeMs: number, writeBytesPerSecond: number): readonly ProbeFinding[] => [
  { name: "write latency", verdict: "yes", value: writeMs, unit: "ms" },
  { name: "read latency", verdict: "yes", value: 1, unit: "ms" },
  { name: "write throughput", verdict: "yes", value: writeBytesPerSecond, unit: "bytesPerSecond" },
  { name: "read throughput", verdict: "yes", value: MIB, unit: "bytesPerSecond" },
];
const smallest = (value: number): ProbeFinding => ({
  name: "multipart",
  verdict: "yes",
  value,
  unit: "bytes",
});
const partSize = (
  text: string,
  findings: readonly ProbeFinding[],
  environment: Readonly<Record<string, string>> = {},
) => {
  const connection = parseConnection(text);
  const options = findService(connection.service)?.options ?? [];
  return withMeasuredParts(connection, { options, findings, environment }).options.get("part_size");
};

test.each([
  ["nothing is known", [], undefined],
  ["requests are quick", speed(2, 100 * MIB), undefined],
  ["requests take long and bytes are quick", speed(10, 64 * MIB), "11MiB"],
  ["requests take very long", speed(500, 100 * MIB), "16MiB"],
  ["small parts are taken", [smallest(5 * MIB)], undefined],
  ["only large parts are taken", [smallest(20 * MIB)], "20MiB"],
] as const)("when %s, parts have the length for it", (_, findings, expected) => {
  expect(partSize("s3://b?region=x", findings)).toBe(expected);
});

test("what is said counts, and a service without parts has none", () => {
  const findings = speed(500, 100 * MIB);
  expect(partSize("s3://b?part_size=5MiB", findings)).toBe("5MiB");
  expect(partSize("s3://b", findings, { JCS_S3_PART_SIZE: "5MiB" })).toBeUndefined();
  expect(partSize("fs:///srv", findings)).toBeUndefined();
});
