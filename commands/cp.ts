import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { prose } from "./support/prose.ts";
import { refuseOptions } from "./support/refuse_options.ts";
import { splitTarget } from "./support/split_target.ts";

/** `jcs cp`: copy objects inside jcs. */
const cp: Command = {
  name: "cp",
  define(program, edge) {
    program
      .summary("copy objects inside jcs")
      .description(
        prose(`Copies objects inside jcs. No byte moves: the copy shares the blocks of the original until one of them is replaced or removed.

A target that is a package, or ends with "/", is gone into under the own names; otherwise it is the new name. Several sources, and
what a glob matches, always go into the target; a glob's matches keep their path below the last directory before the first wildcard.
The package of the target must exist. An object at the target is replaced unless --if-absent is given.`),
      )
      .usage("[options] <source...> <target>")
      .argument(
        "<paths...>",
        `sources: bucket/package/path, a glob, or a prefix with / at its end
the last one is the target: bucket/package, bucket/package/prefix/ or bucket/package/path`,
      )
      .option("-r, --recursive", "everything below a prefix, a package, or the prefixes that a glob matches")
      .option("--if-absent", "fail with status 5 when there is an object already")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs cp docs/2026/report.pdf docs/archive/", "copy one object under its own name"],
            ["jcs cp -r media/family/photos/ media/backup/photos-2026", "copy a tree under a new name"],
            ["jcs cp 'docs/2026/*.pdf' docs/archive/pdf/", "copy what matches"],
          ],
          { json: '{"type":"cp","source":{"bucket","package","path"},"bucket","package","path"} per object' },
        ),
      )
      .action(async (paths, options) => {
        const { sources, target } = splitTarget(paths, "target");
        const natives = parseNatives([target, ...sources]);
        if (natives?.[0]) {
          refuseOptions(options, [], "cp");
          const { relocateNative } = await import("./support/run_native.ts");
          return await relocateNative(edge, { command: "cp", sources: natives.slice(1), target: natives[0] });
        }
        const { runRelocate } = await import("./support/run_relocate.ts");
        await runRelocate(edge, { ...options, sources, target, command: "cp" });
      });
  },
};

export default cp;
