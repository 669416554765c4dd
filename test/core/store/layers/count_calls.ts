import type { Layer } from "../../../../core/store/layer.ts";
import { bodyOptions, wrapStore } from "../../../../core/store/layers/wrap_store.ts";

/** A layer that tells each call that comes through it: the operation, the path, and where a read begins. */
export function countCalls(tell: (call: string) => void): Layer {
  return (inner) =>
    wrapStore(inner, {
      run({ operation, path, signal }, work) {
        tell(`${operation} ${path}`);
        return work(signal);
      },
      read(path, options) {
        tell(`read ${path} ${options.offset ?? 0}`);
        return inner.read(path, options);
      },
      send({ operation, path, signal, body, size }, work) {
        tell(`${operation} ${path}`);
        return work(body, bodyOptions({ size, signal }));
      },
      list(prefix, options) {
        tell(`list ${prefix}`);
        return inner.list(prefix, options);
      },
    });
}
