import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { prose } from "./support/prose.ts";
import { PATHS_HELP, relocate, TARGET_HELP } from "./support/relocate.ts";

/** `jcs mv`: move or rename objects inside jcs. */
const mv: Command = {
  name: "mv",
  define(program, edge) {
    program
      .summary("move or rename objects inside jcs, or files of spaces")
      .description(
        prose(`Moves or renames objects inside jcs. No byte moves, only names change.

${TARGET_HELP}

With space:path on both sides files and directories of spaces are moved, a directory file by file: inside the service where both are on
one space, else through this machine. A source is removed when its copy is complete, and stays when it was changed meanwhile.`),
      )
      .usage("[options] <source...> <target>")
      .argument("<paths...>", PATHS_HELP)
      .option("-r, --recursive", "also everything below the prefixes that a glob matches")
      .option("--if-absent", "fail with status 5 when there is an object already")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs mv docs/2026/draft.txt docs/2026/final.txt", "rename an object"],
            ["jcs mv media/family/photos/ media/family/pictures", "rename a tree"],
            ["jcs mv 'docs/2026/*.pdf' docs/archive/", "move what matches"],
          ],
          {
            json: '{"type":"mv","source":{"bucket","package","path"},"bucket","package","path"} per object; of space:path {"type":"mv","status":"moved","source":{"space","path"},"space","path","inside"}',
          },
        ),
      )
      .action((paths, options) => relocate(edge, "mv", { paths, options }));
  },
};

export default mv;
