import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { prose } from "./support/prose.ts";

/** `jcs rm`: removes objects. */
const rm: Command = {
  name: "rm",
  define(program, edge) {
    program
      .summary("remove objects, or files of spaces")
      .description(
        prose(`Removes objects: each by its name, all that a glob matches, and with -r everything below a prefix or in a package. The
package itself stays: "jcs package rm" removes it. Blocks that no object has any more stay on the spaces until "jcs redundancy gc" removes them.

Of space:path files are removed, and with -r directories; what lies below jcs/ there never is.`),
      )
      .argument("<address...>", "bucket/package/path, space:path, a glob, or with -r a prefix or a package")
      .option(
        "-r, --recursive",
        "everything below a prefix, in a package, or below the prefixes that a glob matches",
      )
      .option("-f, --force", "an object that is not there is no failure")
      .option("--dry-run", "show what would be removed, and remove nothing")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs rm docs/2026/draft.pdf", "remove one object"],
            ["jcs rm 'logs/web/2025-*.log'", "remove what matches"],
            ["jcs rm -r --dry-run media/family/photos/", "show what a recursive removal would remove"],
          ],
          {
            json: '{"type":"rm","bucket","package","path","size"} per object; of space:path {"type":"rm","space","path"}; with --dry-run also "dryRun":true',
          },
        ),
      )
      .action(async (addresses, options) => {
        const natives = parseNatives(addresses);
        if (natives) {
          const { removeNative } = await import("./support/native/rm_native.ts");
          return await removeNative(edge, { ...options, addresses: natives });
        }
        const { runRm } = await import("./support/run_rm.ts");
        await runRm(edge, { ...options, addresses });
      });
  },
};

export default rm;
