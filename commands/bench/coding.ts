import type { Command } from "../command.ts";
import { helpExamples } from "../support/help_examples.ts";
import { parseByteOption } from "../support/parse_byte_option.ts";
import { prose } from "../support/prose.ts";
import { parseCount, parseList, parseSeconds, parseWord } from "./bench_options.ts";
import { parseShape } from "./parse_shape.ts";

const OPERATIONS = ["encode", "rebuild 1", "rebuild 2", "local repair"] as const;
const TEMPERATURES = ["hot", "cold"] as const;
const MEMORIES = ["in place", "copied"] as const;

/** `jcs bench coding`: erasure coding. */
const coding: Command = {
  name: "coding",
  define(program, edge) {
    program
      .summary("measure erasure coding")
      .description(
        prose(`Measures encoding and the rebuilding of lost shards, each case for itself, in windows of a few milliseconds: the best one is what
the machine can do, the middle one (median) what it did beside everything else that runs on it. Speeds count the bytes of the shards that are
read, in GB (10^9 bytes) per second.

  hot          one stripe again and again; small ones stay in the processor's cache
  cold         128 MiB and more in turn, from memory
  in place     shards in the memory that the kernels work on; copied: shards from elsewhere
  rebuild 2    two lost data shards from the others
  local repair one lost data shard from its local group`),
      )
      .option(
        "--shapes <list>",
        "data+parity, or data+local+global for codes with local groups (default: 3+2,4+2,6+3,10+4,12+2+2)",
        parseList(parseShape),
      )
      .option(
        "--sizes <list>",
        "bytes in a shard (default: 64KiB,1MiB)",
        parseList(parseByteOption("--sizes")),
      )
      .option(
        "--operations <list>",
        `of ${OPERATIONS.join(", ")} (default: all)`,
        parseList(parseWord(OPERATIONS)),
      )
      .option("--temperatures <list>", "of hot, cold (default: both)", parseList(parseWord(TEMPERATURES)))
      .option("--memories <list>", "of in place, copied (default: in place)", parseList(parseWord(MEMORIES)))
      .option(
        "--threads <list>",
        "worker threads; 0 for the main thread alone (default: 0 and one for each core)",
        parseList(parseCount("--threads", { min: 0, max: 64 })),
      )
      .option("--seconds <number>", "time for each case (default: 0.2)", parseSeconds)
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs bench coding", "measure common shapes"],
            ["jcs bench coding --shapes 10+4,20+4 --sizes 64KiB --temperatures hot", "compare two shapes"],
            [
              "jcs bench coding --operations encode --threads 0,1,2,4",
              "see how encoding scales with threads",
            ],
            ["jcs bench coding --json | jq -r 'select(.name) | [.name, .medianGBps] | @tsv'", "make a table"],
          ],
          {
            json: '{"type":"machine",…}, then {"type":"coding","name","operation","shape","shardBytes","temperature","memory","threads","bestGBps","medianGBps","middleGBps":[low,high],"windows"} per case',
          },
        ),
      )
      .action(async (options) => {
        const [{ benchCoding }, { createReport }, { machine }] = await Promise.all([
          import("../../core/coding/bench_coding.ts"),
          import("./report.ts"),
          import("./machine.ts"),
        ]);
        const here = machine();
        const report = createReport(edge, { machine: here, unit: "GB/s", bytesPerUnit: 1e9 });
        const results = benchCoding({
          ...(options.shapes === undefined ? {} : { shapes: options.shapes }),
          ...(options.sizes === undefined ? {} : { shardBytes: options.sizes }),
          ...(options.operations === undefined ? {} : { operations: options.operations }),
          ...(options.temperatures === undefined ? {} : { temperatures: options.temperatures }),
          ...(options.seconds === undefined ? {} : { caseMs: options.seconds * 1000 }),
          memories: options.memories ?? ["in place"],
          threads: options.threads ?? [0, here.cores],
        });
        for await (const result of results) {
          report.add("coding", result);
          edge.signal.throwIfAborted();
        }
      });
  },
};

export default coding;
