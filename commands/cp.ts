import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { prose } from "./support/prose.ts";
import { PATHS_HELP, relocate, TARGET_HELP } from "./support/relocate.ts";

/** `jcs cp`: copy objects inside jcs. */
const cp: Command = {
  name: "cp",
  define(program, edge) {
    program
      .summary("copy objects inside jcs, or files between spaces")
      .description(
        prose(`Copies objects inside jcs. No byte moves: the copy shares the blocks of the original until one of them is replaced or removed.

${TARGET_HELP}

With space:path on both sides files and directories of spaces are copied: inside the service where both are on one space that can copy,
else through this machine. --skip-unchanged leaves alone what has the size of the source and was written no earlier than the source was
last changed, by the clock of the target's service.`),
      )
      .usage("[options] <source...> <target>")
      .argument("<paths...>", PATHS_HELP)
      .option("-r, --recursive", "everything below a prefix, a package, or the prefixes that a glob matches")
      .option("--if-absent", "fail with status 5 when there is an object already")
      .option("--skip-unchanged", "of space:path: leave alone what has been copied already")
      .option("--content-type <type>", "of space:path: give the copies this type")
      .option("--storage-class <class>", "of space:path: give the copies this class of the service")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs cp docs/2026/report.pdf docs/archive/", "copy one object under its own name"],
            ["jcs cp -r media/family/photos/ media/backup/photos-2026", "copy a tree under a new name"],
            ["jcs cp 'docs/2026/*.pdf' docs/archive/pdf/", "copy what matches"],
            ["jcs cp -r --skip-unchanged oss:photos/ nas:backup/", "copy what is new to another space"],
          ],
          {
            json: '{"type":"cp","source":{"bucket","package","path"},"bucket","package","path"} per object; of space:path {"type":"cp","status":"copied|unchanged","source":{"space","path"},"space","path","inside"}',
          },
        ),
      )
      .action((paths, options) => relocate(edge, "cp", { paths, options }));
  },
};

export default cp;
