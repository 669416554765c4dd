import { expect, test } from "vitest";
import { beginTrace } from "../../../../core/store/layers/trace_span.ts";

const entry = {
  space: "oss",
  operation: "read",
  path: "a/b",
  attempt: 2,
  startedAtMs: 1_800_000_000_123.5,
  milliseconds: 10.25,
  bytes: 5,
} as const;

/** The one span of a line. */
function spanOf(line: string) {
  const { resourceSpans } = JSON.parse(line);
  expect(resourceSpans).toHaveLength(1);
  const [{ resource, scopeSpans }] = resourceSpans;
  expect(resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: "jcs" } });
  expect(scopeSpans).toHaveLength(1);
  expect(scopeSpans[0].spans).toHaveLength(1);
  return scopeSpans[0].spans[0];
}

test("each try is a span below that of the command, in the form of OTLP/JSON", () => {
  const trace = beginTrace(Date.now() - 5);
  const spans = [
    spanOf(trace.operation(entry)),
    spanOf(trace.operation({ ...entry, error: "TimedOut" })),
    spanOf(trace.command({ name: "jcs get", exitStatus: 8 })),
  ];
  const [first, failed, root] = spans;
  expect(first).toMatchObject({
    name: "read oss",
    kind: 3,
    startTimeUnixNano: "1800000000123500000",
    endTimeUnixNano: "1800000000133750000",
    attributes: expect.arrayContaining([
      { key: "jcs.path", value: { stringValue: "a/b" } },
      { key: "jcs.attempt", value: { intValue: "2" } },
      { key: "jcs.bytes", value: { intValue: "5" } },
    ]),
  });
  expect(first.status).toBeUndefined();
  expect(failed.status).toEqual({ code: 2, message: "TimedOut" });
  expect(root).toMatchObject({ name: "jcs get", kind: 1, status: { code: 2 } });
  expect(BigInt(root.endTimeUnixNano) - BigInt(root.startTimeUnixNano)).toBeGreaterThanOrEqual(3_000_000n);
  for (const span of spans) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.traceId).toBe(root.traceId);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(span.parentSpanId).toBe(span === root ? undefined : root.spanId);
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(3);
});
