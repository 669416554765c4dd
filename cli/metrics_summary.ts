import { formatByteSize } from "../core/bytes/byte_size.ts";
import { toTenths } from "../core/bytes/duration.ts";
import type { OperationMetrics } from "../core/store/layers/metrics.ts";
import { formatTable } from "./format_table.ts";

/** What the spaces did during a command, for `--verbose`: a table for people, or one JSON object per line. ANSWER is the time to
 *  the answer, of a read to its first byte; LONGEST the longest time to the end, as the lines of the operations tell it. Empty when they did nothing. */
export function metricsSummary(
  rows: readonly OperationMetrics[],
  options: { readonly json: boolean },
): string {
  if (options.json) {
    return rows.map((row) => `${JSON.stringify({ type: "metrics", ...rounded(row) })}\n`).join("");
  }
  const milliseconds = (value: unknown) => `${(value as number).toFixed(1)} ms`;
  return formatTable(
    {
      columns: [
        { key: "space", title: "SPACE" },
        { key: "operation", title: "OPERATION" },
        { key: "count", title: "COUNT", align: "right" },
        { key: "failed", title: "FAILED", align: "right" },
        { key: "retried", title: "RETRIED", align: "right" },
        { key: "bytes", title: "BYTES", align: "right", format: (bytes) => formatByteSize(bytes as number) },
        { key: "p50Ms", title: "ANSWER P50", align: "right", format: milliseconds },
        { key: "p95Ms", title: "ANSWER P95", align: "right", format: milliseconds },
        { key: "longestMs", title: "LONGEST", align: "right", format: milliseconds },
      ],
      rows: rows.map((row) => ({ ...row })),
    },
    { bold: false },
  );
}

function rounded(row: OperationMetrics): OperationMetrics {
  const { totalMs, maxMs, longestMs, p50Ms, p95Ms } = row;
  return {
    ...row,
    totalMs: toTenths(totalMs),
    maxMs: toTenths(maxMs),
    longestMs: toTenths(longestMs),
    p50Ms: toTenths(p50Ms),
    p95Ms: toTenths(p95Ms),
  };
}
