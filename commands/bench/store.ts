import type { Command } from "../command.ts";
import { helpExamples } from "../support/help_examples.ts";
import { parseByteOption } from "../support/parse_byte_option.ts";
import { prose } from "../support/prose.ts";
import { parseCount } from "./bench_options.ts";

const LARGE_BYTES = 64 * 1024 * 1024;
const SMALL_BYTES = 16 * 1024;
const FILES = 200;
const ROUNDS = 3;

/** `jcs bench store`: one space. */
const store: Command = {
  name: "store",
  define(program, edge) {
    program
      .summary("measure a space")
      .description(
        prose(`Measures how quick a space is from here: one large file up and down, many small ones up and down (as many at a time as
--parallel says), and a list of them; the best round and the middle one (median). What is written lies below a directory of its own,
jcs-bench-…, and is removed in the end, also after Ctrl-C. Services that charge for requests or traffic charge for these.`),
      )
      .argument("<space>", "the space")
      .option("--size <size>", "bytes of the large file (default: 64MiB)", parseByteOption("--size"))
      .option(
        "--files <number>",
        `small files of 16 KiB (default: ${FILES})`,
        parseCount("--files", { min: 1, max: 100_000 }),
      )
      .option(
        "--rounds <number>",
        `rounds of each case (default: ${ROUNDS})`,
        parseCount("--rounds", { min: 1, max: 1000 }),
      )
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs bench store oss", "measure space oss"],
            ["jcs bench store oss --size 1GiB --files 2000 --parallel 16", "with more of everything"],
          ],
          {
            json: '{"type":"store","space","name":"write large|read large|write small|read small|list","unit":"bytesPerSecond|filesPerSecond","best","median","rounds"} per case',
          },
        ),
      )
      .action(async (space, options) => {
        const { benchStore } = await import("../support/run_bench_store.ts");
        await benchStore(edge, {
          space,
          largeBytes: options.size ?? LARGE_BYTES,
          smallBytes: SMALL_BYTES,
          files: options.files ?? FILES,
          rounds: options.rounds ?? ROUNDS,
        });
      });
  },
};

export default store;
