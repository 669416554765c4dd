import type { Command } from "../command.ts";
import { helpExamples } from "../support/help_examples.ts";
import { prose } from "../support/prose.ts";
import { parseSeconds } from "./bench_options.ts";

/** `jcs bench hash`: checksums. */
const hash: Command = {
  name: "hash",
  define(program, edge) {
    program
      .summary("measure checksums")
      .description(
        prose(`Measures the checksums that jcs makes, on chunks of 1 MiB: SHA-256 of objects on the main thread, then as put and get do it, on worker
threads beside the main one, for one object and for one on each core at the same time; MD5, which some services want; CRC-32, of which each block has a
table. In MiB per second, with the best and the middle one (median) of windows of a few milliseconds.`),
      )
      .option("--seconds <number>", "time for each case (default: 0.5)", parseSeconds)
      .addHelpText(
        "after",
        helpExamples([["jcs bench hash", "measure all"]], {
          json: '{"type":"machine",…}, then {"type":"hash","name","bestGBps","medianGBps","middleGBps":[low,high],"windows"} per case',
        }),
      )
      .action(async (options) => {
        const [{ benchHash }, { createReport }, { machine }] = await Promise.all([
          import("../../core/bytes/bench_hash.ts"),
          import("./report.ts"),
          import("./machine.ts"),
        ]);
        const report = createReport(edge, { machine: machine(), unit: "MiB/s", bytesPerUnit: 1024 * 1024 });
        for await (const result of benchHash({ caseMs: (options.seconds ?? 0.5) * 1000 })) {
          report.add("hash", result);
          edge.signal.throwIfAborted();
        }
      });
  },
};

export default hash;
