import coding from "./bench/coding.ts";
import hash from "./bench/hash.ts";
import store from "./bench/store.ts";
import type { Command } from "./command.ts";

/** What can be measured, in the order of the help. A new one is a file in `bench/` and a line here. */
const BENCHMARKS: readonly Command[] = [coding, hash, store];

/** `jcs bench`: how fast this machine does what jcs does, and how fast a space is. */
const bench: Command = {
  name: "bench",
  define(program, edge) {
    program
      .summary("measure how fast this machine or a space is")
      .description("Measures how fast this machine does what jcs does, and how fast a space is from here.");
    for (const benchmark of BENCHMARKS) benchmark.define(program.command(benchmark.name), edge);
  },
};

export default bench;
