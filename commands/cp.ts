import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { prose } from "./support/prose.ts";
import { refuseSpaceOptions } from "./support/refuse_options.ts";
import { splitTarget } from "./support/split_target.ts";

/** `jcs cp`: copy objects inside jcs. */
const cp: Command = {
  name: "cp",
  define(program, edge) {
    program
      .summary("copy objects inside jcs, or files between spaces")
      .description(
        prose(`Copies objects inside jcs. No byte moves: the copy shares the blocks of the original until one of them is replaced or removed.

A target that is a package, or ends with "/", is gone into under the own names; otherwise it is the new name. Several sources, and
what a glob matches, always go into the target; a glob's matches keep their path below the last directory before the first wildcard.
The package of the target must exist. An object at the target is replaced unless --if-absent is given.

With space:path on both sides files and directories of spaces are copied: inside the service where both are on one space that can copy,
else through this machine. --skip-unchanged leaves alone what has the size of the source and was written no earlier than the source was
last changed, by the clock of the target's service.`),
      )
      .usage("[options] <source...> <target>")
      .argument(
        "<paths...>",
        `sources: bucket/package/path, a glob, or a prefix with / at its end
the last one is the target: bucket/package, bucket/package/prefix/ or bucket/package/path;
or all of them space:path`,
      )
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
      .action(async (paths, options) => {
        const { sources, target } = splitTarget(paths, "target");
        const [to, ...from] = parseNatives([target, ...sources]) ?? [];
        if (to !== undefined) {
          const { relocateNative } = await import("./support/native/relocate_native.ts");
          return await relocateNative(edge, { command: "cp", sources: from, target: to, options });
        }
        refuseSpaceOptions(options, {
          command: "cp",
          keys: ["skipUnchanged", "contentType", "storageClass"],
        });
        const { runRelocate } = await import("./support/run_relocate.ts");
        await runRelocate(edge, { ...options, sources, target, command: "cp" });
      });
  },
};

export default cp;
