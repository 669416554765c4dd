import { ReaderGone, type Sink } from "../../cli/sink.ts";

/** A sink that keeps what is written. `takes` is how many writes it takes before its reader ends. */
export function memorySink(options: { readonly isTerminal?: boolean; readonly takes?: number } = {}): Sink & {
  text(): string;
} {
  let text = "";
  let left = options.takes ?? Number.POSITIVE_INFINITY;
  const write = (more: string) => {
    if (left-- <= 0) throw new ReaderGone("The reader of the output has ended");
    text += more;
  };
  return {
    isTerminal: options.isTerminal ?? false,
    columns: () => 80,
    write,
    writeBytes: async (chunk) => write(new TextDecoder().decode(chunk)),
    text: () => text,
  };
}
