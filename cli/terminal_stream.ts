import type { Sink } from "./sink.ts";

/** The terminal behind stderr as a stream for ink, whose writes go through `sink`: so what ink draws and what the program prints come in
 *  the order in which they were written. */
export function terminalStream(sink: Pick<Sink, "write">): NodeJS.WriteStream {
  const stream: NodeJS.WriteStream = Object.create(process.stderr);
  stream.write = (text: string | Uint8Array, ...rest: readonly unknown[]) => {
    sink.write(typeof text === "string" ? text : new TextDecoder().decode(text));
    // ink waits for this before it says that it has ended.
    const taken = rest.at(-1);
    if (typeof taken === "function") queueMicrotask(() => taken());
    return true;
  };
  return stream;
}
