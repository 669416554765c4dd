import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { prose } from "./support/prose.ts";
import { splitTarget } from "./support/split_target.ts";

/** `jcs mv`: move or rename objects inside jcs. */
const mv: Command = {
  name: "mv",
  define(program, edge) {
    program
      .summary("move or rename objects inside jcs, or files of spaces")
      .description(
        prose(`Moves or renames objects inside jcs. No byte moves, only names change.

A target that is a package, or ends with "/", is gone into under the own names; otherwise it is the new name. Several sources, and
what a glob matches, always go into the target; a glob's matches keep their path below the last directory before the first wildcard.
The package of the target must exist. An object at the target is replaced unless --if-absent is given.

With space:path on both sides files and directories of spaces are moved, a directory file by file: inside the service where both are on
one space, else through this machine. A source is removed when its copy is complete, and stays when it was changed meanwhile.`),
      )
      .usage("[options] <source...> <target>")
      .argument(
        "<paths...>",
        `sources: bucket/package/path, a glob, or a prefix with / at its end
the last one is the target: bucket/package, bucket/package/prefix/ or bucket/package/path;
or all of them space:path`,
      )
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
      .action(async (paths, options) => {
        const { sources, target } = splitTarget(paths, "target");
        const [to, ...from] = parseNatives([target, ...sources]) ?? [];
        if (to !== undefined) {
          const { relocateNative } = await import("./support/native/relocate_native.ts");
          return await relocateNative(edge, { command: "mv", sources: from, target: to, options });
        }
        const { runRelocate } = await import("./support/run_relocate.ts");
        await runRelocate(edge, { ...options, sources, target, command: "mv" });
      });
  },
};

export default mv;
