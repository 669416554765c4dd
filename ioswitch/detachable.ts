import type { ByteStream } from "./byte_stream.ts";

/** `source`, but ending its iteration never waits for it: a read that is under way ends at once, without bytes.
 *
 *  For streams that come from outside and may hang (a terminal, a socket). `source` is told with its own `return`, and
 *  what that answers is ignored. */
export function detachable(source: ByteStream): ByteStream {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
      const iterator = source[Symbol.asyncIterator]();
      const end = { done: true, value: undefined } as const;
      let left = false;
      let wake: ((result: IteratorResult<Uint8Array, undefined>) => void) | undefined;
      return {
        next() {
          if (left) return Promise.resolve(end);
          return new Promise((resolve, reject) => {
            wake = resolve;
            iterator.next().then((result) => resolve(result.done === true ? end : result), reject);
          });
        },
        return() {
          if (!left) {
            left = true;
            wake?.(end);
            Promise.resolve(iterator.return?.()).catch(ignore);
          }
          return Promise.resolve(end);
        },
      };
    },
  };
}

function ignore(): void {}
