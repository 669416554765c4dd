import type { ByteStream } from "../../bytes/byte_stream.ts";
import type { Layer } from "../layer.ts";
import { objectStream } from "../object_stream.ts";
import { bodyOptions, type Operation, wrapStore } from "./wrap_store.ts";

/** What one space did in one operation: each try counts. */
export interface OperationMetrics {
  readonly space: string;
  readonly operation: Operation;
  readonly count: number;
  readonly failed: number;
  /** Bytes of objects that passed, in either direction. */
  readonly bytes: number;
  /** From the call to its answer; of a read to the answer before the first byte. */
  readonly totalMs: number;
  readonly maxMs: number;
}

/** The figures of all stores of a process. Grows with the number of spaces only. */
export interface MetricsBook {
  /** Adds to the figures of one space and operation. */
  note(entry: {
    readonly space: string;
    readonly operation: Operation;
    readonly count?: number;
    readonly failed?: number;
    readonly bytes?: number;
    readonly tookMs?: number;
  }): void;
  /** All figures so far, by space and operation. */
  rows(): readonly OperationMetrics[];
}

/** An empty book. */
export function createMetricsBook(): MetricsBook {
  const rows = new Map<string, OperationMetrics>();
  return {
    note({ space, operation, count = 0, failed = 0, bytes = 0, tookMs = 0 }) {
      const key = `${space}\n${operation}`;
      const row = rows.get(key) ?? { space, operation, count: 0, failed: 0, bytes: 0, totalMs: 0, maxMs: 0 };
      rows.set(key, {
        space,
        operation,
        count: row.count + count,
        failed: row.failed + failed,
        bytes: row.bytes + bytes,
        totalMs: row.totalMs + tookMs,
        maxMs: Math.max(row.maxMs, tookMs),
      });
    },
    rows: () => [...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row),
  };
}

/** Writes down in `book` what passes, under the name of `space`. */
export function metrics(options: { readonly book: MetricsBook; readonly space: string }): Layer {
  const { book, space } = options;
  return (inner) => {
    const measured = async <T>(operation: Operation, work: () => Promise<T>): Promise<T> => {
      const startedMs = performance.now();
      const end = (failed: number) =>
        book.note({ space, operation, count: 1, failed, tookMs: performance.now() - startedMs });
      try {
        const result = await work();
        end(0);
        return result;
      } catch (error) {
        end(1);
        throw error;
      }
    };
    return wrapStore(inner, {
      run: (call, work) => measured(call.operation, () => work(call.signal)),
      async read(path, call) {
        const stream = await measured("read", () => inner.read(path, call));
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
            await iterator.return?.();
          },
        });
      },
      send({ operation, signal, body, size }, work) {
        const count = (bytes: number) => book.note({ space, operation, bytes });
        if (body instanceof Uint8Array) count(body.length);
        const counted = body instanceof Uint8Array ? body : countedBody(body, count);
        return measured(operation, () => work(counted, bodyOptions({ size, signal })));
      },
      async *list(prefix, call) {
        const iterator = inner.list(prefix, call)[Symbol.asyncIterator]();
        try {
          const first = await measured("list", () => iterator.next());
          for (let result = first; result.done !== true; result = await iterator.next()) yield result.value;
        } finally {
          await iterator.return?.();
        }
      },
    });
  };
}

function countedBody(body: ByteStream, count: (bytes: number) => void): ByteStream {
  const iterator = body[Symbol.asyncIterator]();
  const counted: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => counted,
    async next() {
      const result = await iterator.next();
      if (result.done !== true) count(result.value.length);
      return result;
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
  return counted;
}
