import { createHash } from "node:crypto";
import { JcsError } from "../../errors.ts";
import type { Layer } from "../layer.ts";
import { passList } from "../listing.ts";
import { objectStream } from "../object_stream.ts";
import { countedBody } from "./counted_body.ts";
import { bodyOptions, type Call, type Operation, wrapStore } from "./wrap_store.ts";

/** One try of one operation that has ended. */
export interface LogEntry {
  readonly space: string;
  readonly operation: Operation;
  /** As it is, or a digest of it. */
  readonly path: string;
  /** From 1. */
  readonly attempt: number;
  /** In ms since 1970, and fractions. */
  readonly startedAtMs: number;
  /** To its end; of a read or a list to the end of the stream. */
  readonly milliseconds: number;
  /** Of the object, that passed in either direction. */
  readonly bytes: number;
  /** The kind of its failure. */
  readonly error?: string;
}

/** Tells `write` of every try of every operation when it has ended; a read or a list ends with its stream. With `redactPaths` each name of a
 *  path is a short digest: the same names can be recognised and not be read. Entries never hold connection strings, headers or bytes. `write`
 *  must not throw. */
export function log(options: {
  readonly space: string;
  readonly write: (entry: LogEntry) => void;
  readonly redactPaths: boolean;
}): Layer {
  const { space, write, redactPaths } = options;
  const begin = (call: Pick<Call, "operation" | "path" | "attempt">) => {
    const { operation, path, attempt = 1 } = call;
    const startedMs = performance.now();
    let bytes = 0;
    let ended = false;
    const end = (error?: string) => {
      if (ended) return;
      ended = true;
      write({
        space,
        operation,
        path: redactPaths ? path.split("/").map(digest).join("/") : path,
        attempt,
        startedAtMs: performance.timeOrigin + startedMs,
        milliseconds: performance.now() - startedMs,
        bytes,
        ...(error === undefined ? {} : { error }),
      });
    };
    return {
      count(more: number) {
        bytes += more;
      },
      /** Also of a stream that nobody reads on. */
      end: () => end(),
      /** Ends with the failure of `work`, if it fails. */
      async watch<T>(work: Promise<T>): Promise<T> {
        try {
          return await work;
        } catch (error) {
          end(error instanceof JcsError ? error.kind : "Unexpected");
          throw error;
        }
      },
    };
  };
  return (inner) =>
    wrapStore(inner, {
      async run(call, work) {
        const entry = begin(call);
        const result = await entry.watch(work(call.signal));
        entry.end();
        return result;
      },
      async read(path, call) {
        const entry = begin({ operation: "read", path, attempt: call.attempt });
        const stream = await entry.watch(inner.read(path, call));
        const iterator = stream[Symbol.asyncIterator]();
        return objectStream({
          etag: stream.etag,
          async pull() {
            const result = await entry.watch(Promise.resolve(iterator.next()));
            if (result.done === true) return undefined;
            entry.count(result.value.length);
            return result.value;
          },
          async close() {
            entry.end();
            await iterator.return?.();
          },
        });
      },
      async send(call, work) {
        const { signal, body, size } = call;
        const entry = begin(call);
        const result = await entry.watch(work(countedBody(body, entry.count), bodyOptions({ size, signal })));
        entry.end();
        return result;
      },
      list: (prefix, call) =>
        passList(() => {
          const entry = begin({ operation: "list", path: prefix, attempt: call.attempt });
          return {
            inner: inner.list(prefix, call),
            wait: (next) => entry.watch(next()),
            async close(end) {
              entry.end();
              await end();
            },
          };
        }),
    });
}

function digest(name: string): string {
  return name === "" ? "" : createHash("sha256").update(name).digest("hex").slice(0, 8);
}
