import type { Layer } from "../layer.ts";
import { passList } from "../listing.ts";
import { objectStream } from "../object_stream.ts";
import { countedBody } from "./counted_body.ts";
import { createHistogram } from "./histogram.ts";
import { bodyOptions, type Call, type Operation, wrapStore } from "./wrap_store.ts";

/** What one space did in one operation: each try counts. */
export interface OperationMetrics {
  readonly space: string;
  readonly operation: Operation;
  readonly count: number;
  readonly failed: number;
  /** Those that were not the first try. */
  readonly retried: number;
  /** Bytes of objects that passed, in either direction. */
  readonly bytes: number;
  /** From the call to its answer; of a read to the answer before the first byte. */
  readonly totalMs: number;
  readonly maxMs: number;
  /** From the call to its end; of a read or a list to the end of the stream. */
  readonly longestMs: number;
  /** What half of the answers, and 95 of 100, took at the most; to a tenth. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** The figures of all stores of a process. Grows with the number of spaces only. */
export interface MetricsBook {
  /** Adds to the figures of one space and operation. */
  note(entry: {
    readonly space: string;
    readonly operation: Operation;
    readonly count?: number;
    readonly failed?: number;
    readonly retried?: number;
    readonly bytes?: number;
    /** To the answer. */
    readonly tookMs?: number;
    /** To the end of the stream after it. */
    readonly endedMs?: number;
  }): void;
  /** All figures so far, by space and operation. */
  rows(): readonly OperationMetrics[];
}

/** An empty book. */
export function createMetricsBook(): MetricsBook {
  const rows = new Map<string, ReturnType<typeof emptyRow>>();
  return {
    note({ space, operation, count = 0, failed = 0, retried = 0, bytes = 0, tookMs, endedMs }) {
      const key = `${space}\n${operation}`;
      const row = rows.get(key) ?? emptyRow(space, operation);
      rows.set(key, row);
      row.count += count;
      row.failed += failed;
      row.retried += retried;
      row.bytes += bytes;
      row.longestMs = Math.max(row.longestMs, endedMs ?? tookMs ?? 0);
      if (tookMs === undefined) return;
      row.totalMs += tookMs;
      row.maxMs = Math.max(row.maxMs, tookMs);
      row.latencies.add(tookMs);
    },
    rows: () =>
      [...rows]
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([, { latencies, ...row }]) => ({
          ...row,
          p50Ms: Math.min(latencies.quantile(0.5), row.maxMs),
          p95Ms: Math.min(latencies.quantile(0.95), row.maxMs),
        })),
  };
}

function emptyRow(space: string, operation: Operation) {
  const latencies = createHistogram();
  const counts = { count: 0, failed: 0, retried: 0, bytes: 0 };
  return { space, operation, ...counts, totalMs: 0, maxMs: 0, longestMs: 0, latencies };
}

/** Writes down in `book` what passes, under the name of `space`. */
export function metrics(options: { readonly book: MetricsBook; readonly space: string }): Layer {
  const { book, space } = options;
  return (inner) => {
    const measured = async <T>(
      { operation, attempt = 1 }: Pick<Call, "operation" | "attempt">,
      work: () => Promise<T>,
    ): Promise<T> => {
      const startedMs = performance.now();
      const retried = attempt > 1 ? 1 : 0;
      const end = (failed: number) =>
        book.note({ space, operation, count: 1, failed, retried, tookMs: performance.now() - startedMs });
      try {
        const result = await work();
        end(0);
        return result;
      } catch (error) {
        end(1);
        throw error;
      }
    };
    /** Begins a stream; tells how long it was, when it has ended. */
    const begin = (operation: Operation) => {
      const startedMs = performance.now();
      return () => book.note({ space, operation, endedMs: performance.now() - startedMs });
    };
    return wrapStore(inner, {
      run: (call, work) => measured(call, () => work(call.signal)),
      async read(path, call) {
        const { attempt } = call;
        const end = begin("read");
        const stream = await measured({ operation: "read", attempt }, () => inner.read(path, call));
        const iterator = stream[Symbol.asyncIterator]();
        return objectStream({
          etag: stream.etag,
          async pull() {
            try {
              const result = await iterator.next();
              if (result.done === true) return undefined;
              book.note({ space, operation: "read", bytes: result.value.length });
              return result.value;
            } catch (error) {
              book.note({ space, operation: "read", failed: 1 });
              throw error;
            }
          },
          async close() {
            try {
              await iterator.return?.();
            } finally {
              end();
            }
          },
        });
      },
      send(call, work) {
        const { operation, signal, body, size } = call;
        const counted = countedBody(body, (bytes) => book.note({ space, operation, bytes }));
        return measured(call, () => work(counted, bodyOptions({ size, signal })));
      },
      list: (prefix, call) =>
        passList(() => {
          const { attempt } = call;
          const note = begin("list");
          return {
            inner: inner.list(prefix, call),
            async wait(next, isFirst) {
              if (isFirst) return await measured({ operation: "list", attempt }, next);
              try {
                return await next();
              } catch (error) {
                book.note({ space, operation: "list", failed: 1 });
                throw error;
              }
            },
            close: (end) => end().finally(note),
          };
        }),
    });
  };
}
