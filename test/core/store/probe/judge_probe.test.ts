import { expect, test } from "vitest";
import { PROBE_AGE_MS_MAX } from "../../../../core/limits.ts";
import type { ProbeFinding } from "../../../../core/store/probe/finding.ts";
import { judgeProbe } from "../../../../core/store/probe/judge_probe.ts";

const findings: readonly ProbeFinding[] = [{ name: "multipart", verdict: "yes" }];
const probe = { probedAt: new Date(1000), connection: "key", findings };

test.each([
  ["key", PROBE_AGE_MS_MAX, { findings }],
  ["key", PROBE_AGE_MS_MAX + 1, { ignored: "it is older than 30 days" }],
  ["other", 0, { ignored: "it was made with another connection" }],
])("a probe of connection %s after %i ms is judged", (connection, ageMs, judged) => {
  expect(judgeProbe(probe, { connection, nowMs: 1000 + ageMs })).toEqual(judged);
});

test("a record that does not say its connection is one of the space as it is", () => {
  const { connection: _, ...old } = probe;
  expect(judgeProbe(old, { connection: "key", nowMs: 1000 })).toEqual({ findings });
});
