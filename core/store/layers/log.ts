import { createHash } from "node:crypto";
import { JcsError } from "../../errors.ts";
import type { Layer } from "../layer.ts";
import { bodyOptions, type Operation, wrapStore } from "./wrap_store.ts";

/** One try of one operation that has ended. */
export interface LogEntry {
  readonly space: string;
  readonly operation: Operation;
  /** As it is, or a digest of it. */
  readonly path: string;
  readonly milliseconds: number;
  /** The kind of its failure. */
  readonly error?: string;
}

/** Tells `write` of every try of every operation when it has ended; of a read, when it was answered. With `redactPaths` each name of a path is
 *  a short digest: the same names can be recognised and not be read. Entries never hold connection strings, headers or bytes. */
export function log(options: {
  readonly space: string;
  readonly write: (entry: LogEntry) => void;
  readonly redactPaths: boolean;
}): Layer {
  const { space, write, redactPaths } = options;
  const shown = (path: string) => (redactPaths ? path.split("/").map(digest).join("/") : path);
  return (inner) => {
    const logged = async <T>(operation: Operation, path: string, work: () => Promise<T>): Promise<T> => {
      const startedMs = performance.now();
      const end = (error: string | undefined) => {
        const milliseconds = performance.now() - startedMs;
        write({
          space,
          operation,
          path: shown(path),
          milliseconds,
          ...(error === undefined ? {} : { error }),
        });
      };
      try {
        const result = await work();
        end(undefined);
        return result;
      } catch (error) {
        end(error instanceof JcsError ? error.kind : "Unexpected");
        throw error;
      }
    };
    return wrapStore(inner, {
      run: ({ operation, path, signal }, work) => logged(operation, path, () => work(signal)),
      read: (path, call) => logged("read", path, () => inner.read(path, call)),
      send: ({ operation, path, signal, body, size }, work) =>
        logged(operation, path, () => work(body, bodyOptions({ size, signal }))),
      async *list(prefix, call) {
        const iterator = inner.list(prefix, call)[Symbol.asyncIterator]();
        try {
          const first = await logged("list", prefix, () => iterator.next());
          for (let result = first; result.done !== true; result = await iterator.next()) yield result.value;
        } finally {
          await iterator.return?.();
        }
      },
    });
  };
}

function digest(name: string): string {
  return name === "" ? "" : createHash("sha256").update(name).digest("hex").slice(0, 8);
}
