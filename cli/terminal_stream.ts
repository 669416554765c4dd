import type { Sink } from "./sink.ts";

/** The terminal behind stderr as a stream for ink, whose writes go through `sink`: so what ink draws and what the program prints come in
 *  the order in which they were written. */
export function terminalStream(sink: Sink): NodeJS.WriteStream {
  const stream: NodeJS.WriteStream = Object.create(process.stderr);
  stream.write = (text: string | Uint8Array) => {
    sink.write(typeof text === "string" ? text : new TextDecoder().decode(text));
    return true;
  };
  return stream;
}
