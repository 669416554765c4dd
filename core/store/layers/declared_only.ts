import type { Layer } from "../layer.ts";
import { refuseUndeclared } from "../refuse_undeclared.ts";
import type { Store, WriteOptions } from "../store.ts";
import { beforeBody } from "./before_body.ts";

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
      const { body = new Uint8Array(0), options } = call;
      await beforeBody(body, () => refuseUndeclared(inner, { ...options, operation, path }));
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
