import type { Layer } from "../../../../core/store/layer.ts";
import { wrapStore } from "../../../../core/store/layers/wrap_store.ts";

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
      write(path, body, options) {
        tell(`write ${path}`);
        return inner.write(path, body, options);
      },
      part({ path, body, size }, upload) {
        tell(`part ${path}`);
        return upload(body, { size });
      },
      list(prefix, options) {
        tell(`list ${prefix}`);
        return inner.list(prefix, options);
      },
    });
}
