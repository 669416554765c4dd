import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseByteOption } from "./support/parse_byte_option.ts";
import { parseNames } from "./support/parse_names.ts";

const FORMAT_HELP =
  'With --json: {"type":"plan","command":"put|get","bucket","package","path","plan":{"ops","results","bufferBytes"}}.';

/** `jcs plan`: what a transfer would do. */
const plan: Command = {
  name: "plan",
  define(program, edge) {
    program
      .summary("show what put or get would do")
      .description(
        "Shows the dataflow that a command would run: its ops, where they run and what flows between them. Nothing is transferred.",
      );

    program
      .command("put")
      .summary("the plan of a put")
      .description(`Shows the plan by which put would store one file. ${FORMAT_HELP}`)
      .argument("<source>", 'a local file, or "-" for an object of the size given by --size')
      .argument("<target>", "bucket/package, bucket/package/prefix/ or bucket/package/path")
      .option("--size <bytes>", "size to plan for, in place of the file's", parseByteOption("--size"))
      .option("--redundancy <scheme>", "none, rep:3, ec:4+2 or auto (default: auto)")
      .option("--spaces <names>", "use only these spaces, separated by commas", parseNames)
      .option("--affinity <location>", "prefer the spaces of this location")
      .option("--before", "as it is before it is optimised")
      .option("--text", "one line per op (the default)")
      .option("--dot", "a drawing for Graphviz")
      .option("--mermaid", "a drawing for Mermaid")
      .addHelpText(
        "after",
        helpExamples([
          ["jcs plan put film.mkv media/family", "show the plan of a put"],
          [
            "jcs plan put --dot --redundancy ec:4+2 --size 1GiB - media/family/x | dot -Tsvg > plan.svg",
            "draw one for a size",
          ],
        ]),
      )
      .action(async (source, target, options) => {
        const { runPlanPut } = await import("./support/run_plan.ts");
        await runPlanPut(edge, { ...options, source, target });
      });

    program
      .command("get")
      .summary("the plan of a get")
      .description(`Shows the plan by which get would read one object. ${FORMAT_HELP}`)
      .argument("<source>", "bucket/package/path")
      .option("--offset <bytes>", "first byte wanted", parseByteOption("--offset"))
      .option("--length <bytes>", "number of bytes wanted", parseByteOption("--length"))
      .option("--without <names>", "as if these spaces were gone, separated by commas", parseNames)
      .option("--before", "as it is before it is optimised")
      .option("--text", "one line per op (the default)")
      .option("--dot", "a drawing for Graphviz")
      .option("--mermaid", "a drawing for Mermaid")
      .addHelpText(
        "after",
        helpExamples([
          ["jcs plan get media/family/film.mkv", "show the plan of a get"],
          [
            "jcs plan get --without oss,cos media/family/film.mkv",
            "show how it would be read with two clouds gone",
          ],
          ["jcs plan get --offset 1GiB --length 1MiB media/family/film.mkv", "show what a part takes"],
        ]),
      )
      .action(async (source, options) => {
        const { runPlanGet } = await import("./support/run_plan.ts");
        await runPlanGet(edge, { ...options, source });
      });
  },
};

export default plan;
