import { cancelStream } from "../../bytes/cancel_stream.ts";
import type { Layer } from "../layer.ts";
import { refuseUndeclared } from "../refuse_undeclared.ts";
import type { Store, WriteOptions } from "../store.ts";

/** Refuses what the store has declared not to keep, before anything is waited for or sent (see {@link refuseUndeclared}). */
export function declaredOnly(): Layer {
  return (inner) => {
    const { append, multipart } = inner;
    /** As the refusal; lets the body go. */
    const check = async (
      operation: string,
      path: string,
      call: { readonly body?: Parameters<Store["write"]>[1]; readonly options: WriteOptions },
    ) => {
      try {
        refuseUndeclared(inner, { ...call.options, operation, path });
      } catch (error) {
        if (call.body !== undefined && !(call.body instanceof Uint8Array)) await cancelStream(call.body);
        throw error;
      }
    };
    return {
      ...inner,
      async write(path, body, options = {}) {
        await check("write", path, { body, options });
        return await inner.write(path, body, options);
      },
      ...(append && {
        async append(path, body, options = {}) {
          await check("append", path, { body, options });
          return await append.call(inner, path, body, options);
        },
      }),
      ...(multipart && {
        async multipart(path, options = {}) {
          await check("write", path, { options });
          return await multipart.call(inner, path, options);
        },
      }),
    };
  };
}
