import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { prose } from "./support/prose.ts";

/** `jcs redundancy`: how objects are spread over spaces. */
const redundancy: Command = {
  name: "redundancy",
  define(program, edge) {
    program
      .summary("how objects are spread over spaces")
      .description("Shows how objects are spread over spaces, and what may still be lost.");

    program
      .command("show")
      .summary("show the blocks of objects and what may still be lost")
      .description(
        prose(`Shows where each block of an object is, and how many spaces and failure domains (one location and account) may still be
lost, whichever they are, before the object is. Blocks on spaces that are not configured do not count. Tells what is recorded; no
block is read.`),
      )
      .argument("<address...>", "bucket/package/path, a glob, a prefix or a package")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs redundancy show media/family/film.mkv", "show one object"],
            [
              "jcs redundancy show --json media/family | jq 'select(.mayLose.failureDomains == 0)'",
              "find what nothing protects",
            ],
          ],
          {
            json: '{"type":"redundancy","bucket","package","path","redundancy","size","needed","missingBlocks","blocksWithoutSpace","mayLose":{"spaces","failureDomains"},"blocks":[{"index","role","space","location","account","bytes"}]} per object; blocksWithoutSpace are on spaces that are not configured; mayLose is null when too few blocks are left',
          },
        ),
      )
      .action(async (addresses) => {
        const { runRedundancyShow } = await import("./support/run_redundancy_show.ts");
        await runRedundancyShow(edge, addresses);
      });
  },
};

export default redundancy;
