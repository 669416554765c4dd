import type { Command } from "./command.ts";
import { collectPairs } from "./support/collect_pairs.ts";
import { helpExamples } from "./support/help_examples.ts";
import { prose } from "./support/prose.ts";

/** `jcs tee`: stdin to a file of a space and to stdout. */
const tee: Command = {
  name: "tee",
  define(program, edge) {
    program
      .summary("write stdin to a file of a space, and to stdout")
      .description(
        prose(`Writes what comes on stdin, of any length, to a file of a space and at the same time to stdout. The file appears when all of it is
there; when anything fails, nothing of it stays.`),
      )
      .argument("<target>", "space:path")
      .option("--if-absent", "fail with status 5 when there is a file already")
      .option("--metadata <key=value>", "keep this with the file; may be repeated", collectPairs)
      .option("--content-type <type>", "say that it is of this type")
      .option("--content-disposition <text>", "say what browsers shall do with it")
      .option("--storage-class <class>", "the service's own word, for example STANDARD_IA")
      .addHelpText(
        "after",
        helpExamples([
          ["tar c src | jcs tee oss:src.tar | sha256sum", "store a stream and hash it on the way"],
        ]),
      )
      .action(async (target, options) => {
        const { runTee } = await import("./support/run_tee.ts");
        await runTee(edge, { target, options });
      });
  },
};

export default tee;
