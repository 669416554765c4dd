import { expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { effectiveCapabilities } from "../../../../core/store/probe/effective_capabilities.ts";
import type { ProbeFinding, ProbeName } from "../../../../core/store/probe/finding.ts";

const { native } = await openStore("memory://effective", { environment: {} });
const NAMES: readonly ProbeName[] = ["read range", "write if absent", "atomic overwrite", "multipart"];
const all = (verdict: ProbeFinding["verdict"]) => NAMES.map((name) => ({ name, verdict }));

test("yes and unknown take nothing away, and nothing is ever added", () => {
  for (const verdict of ["yes", "unknown"] as const) {
    expect(effectiveCapabilities(native, all(verdict))).toBe(native);
    const less = { ...native, readRange: false, multipart: false };
    expect(effectiveCapabilities(less, all(verdict))).toBe(less);
  }
});

test("no and broken take away", () => {
  const left = {
    ...native,
    readRange: false,
    writeIfAbsent: false,
    overwriteAtomic: false,
    multipart: false,
  };
  for (const verdict of ["no", "broken"] as const) {
    expect(effectiveCapabilities(native, all(verdict))).toEqual(left);
  }
});

test("the longest name is the shorter one", () => {
  const found = (value: number) =>
    effectiveCapabilities({ ...native, nameBytesMax: 255 }, [
      { name: "longest name", verdict: "broken", value, unit: "bytes" },
    ]).nameBytesMax;
  expect([found(143), found(1024)]).toEqual([143, 255]);
});
