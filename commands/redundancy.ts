import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseDurationOption } from "./support/parse_duration_option.ts";
import { prose } from "./support/prose.ts";

/** `jcs redundancy`: how objects are spread over spaces. */
const redundancy: Command = {
  name: "redundancy",
  define(program, edge) {
    program
      .summary("how objects are spread over spaces")
      .description("Shows how objects are spread over spaces, and cares for their blocks.");

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

    program
      .command("gc")
      .summary("free the space of removed and replaced objects")
      .description(
        prose(`Removes from the spaces the blocks that no object refers to any more: of objects that were removed or replaced, and of uploads
that never ended. It may run at any time, next to any other command. What cannot be removed now is kept on record for the next
time, and is status 8 (or that of its error).`),
      )
      .option(
        "--older-than <duration>",
        "leave what was retired later than that, for those who still read it (default: 1h)",
        parseDurationOption("--older-than"),
      )
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs redundancy gc", "every night, from cron"],
            ["jcs redundancy gc --older-than 0s", "at once, when nobody is reading"],
          ],
          { json: '{"type":"gc","space","removed"} per space' },
        ),
      )
      .action(async (options) => {
        const { runGarbageCollection } = await import("./support/run_garbage_collection.ts");
        await runGarbageCollection(edge, options.olderThan);
      });
  },
};

export default redundancy;
