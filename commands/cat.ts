import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { parseByteOption } from "./support/parse_byte_option.ts";
import { prose } from "./support/prose.ts";

/** `jcs cat`: writes objects to stdout. */
const cat: Command = {
  name: "cat",
  define(program, edge) {
    program
      .summary("write objects to stdout")
      .description(
        prose(`Writes the bytes of objects to stdout, one object after the other, each checked before it is written. Globs are matched
in order of names. An object that turns out damaged beyond repair ends with status 7 after what could be read.`),
      )
      .argument("<source...>", "bucket/package/path, space:path or a glob")
      .option("--offset <bytes>", "first byte to write, of one object", parseByteOption("--offset"))
      .option("--length <bytes>", "number of bytes to write, of one object", parseByteOption("--length"))
      .addHelpText(
        "after",
        helpExamples([
          ["jcs cat docs/2026/notes.txt", "show one object"],
          ["jcs cat 'logs/web/2026-11-*.log' | grep error", "search several"],
          ["jcs cat --offset 1MiB --length 512 media/family/film.mkv | xxd", "look at a part"],
        ]),
      )
      .action(async (sources, options) => {
        const natives = parseNatives(sources);
        if (natives) {
          const { catNative } = await import("./support/native/cat_native.ts");
          return await catNative(edge, { ...options, addresses: natives, command: "cat" });
        }
        const { runCat } = await import("./support/run_cat.ts");
        await runCat(edge, { ...options, sources, command: "cat" });
      });
  },
};

export default cat;
