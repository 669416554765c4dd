import type { Command } from "./command.ts";
import { collectPairs } from "./support/collect_pairs.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNative } from "./support/native_address.ts";
import { parseNames } from "./support/parse_names.ts";
import { prose } from "./support/prose.ts";
import { refuseOptions, refuseSpaceOptions } from "./support/refuse_options.ts";
import { splitTarget } from "./support/split_target.ts";

/** `jcs put`: stores local files as objects. */
const put: Command = {
  name: "put",
  define(program, edge) {
    program
      .summary("store files, directories or stdin")
      .description(
        prose(`Stores local files as objects. What is missing of bucket and package is created.

A target that is a package, or ends with "/", is gone into: files and directories keep their names there. Otherwise the
target is the new name itself. So "put photos b/p" and "put photos b/p/" store b/p/photos/…, "put photos b/p/x" stores
b/p/x/…, and "put photos/. b/p" stores the contents without the name. Several sources always go into the target.

Directories are stored with all that is in them. Symbolic links are followed, and reported where they lead in a circle.
Pipes, sockets and devices are refused, and empty directories are not stored; both are reported.

With the target space:path files are written to a space as they are, under the same rules; "space:" and "space:dir/" are gone into.
--skip-unchanged then leaves alone what has the size of the file and was written no earlier than the file was last changed, by the
clock of the service.`),
      )
      .usage("[options] <source...> <target>")
      .argument(
        "<paths...>",
        `sources: local files or directories, or "-" for stdin
the last one is the target: bucket/package, bucket/package/prefix/, bucket/package/path
or space:path`,
      )
      .option("--redundancy <scheme>", "none, rep:3, ec:4+2 or auto (default: auto)")
      .option("--spaces <names>", "use only these spaces, separated by commas", parseNames)
      .option("--affinity <location>", "prefer the spaces of this location")
      .option("-r, --recursive", "accepted for habit: a directory is always stored whole")
      .option("--if-absent", "fail with status 5 when there is an object already")
      .option("--skip-unchanged", "leave objects alone that have the size and time of the file")
      .option("--allow-degraded", "accept fewer blocks than the scheme wants (status 3)")
      .option("--metadata <key=value>", "keep this with the object; may be repeated", collectPairs)
      .option("--content-type <type>", "of space:path: say that it is of this type")
      .option("--content-disposition <text>", "of space:path: say what browsers shall do with it")
      .option("--storage-class <class>", "of space:path: the service's own word, for example STANDARD_IA")
      .option("--dry-run", "show what would be stored, and store nothing")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs put report.pdf docs/2026/", "store docs/2026/report.pdf"],
            [
              "jcs put --redundancy ec:4+2 ./photos media/family",
              "store the directory as media/family/photos/…",
            ],
            [
              "jcs put --skip-unchanged ./photos oss:backup/",
              "write what is new to the space oss as backup/photos/…",
            ],
            ["tar c src | jcs put - backup/src/today.tar", "store stdin"],
            [
              "jcs put --skip-unchanged --dry-run ./photos media/family",
              "show what a second run would store",
            ],
          ],
          {
            json: '{"type":"put","status":"stored|unchanged|degraded","source","bucket","package","path","size","hash","redundancy","missingBlocks"} per object; of space:path {"type":"put","status":"stored|unchanged","source","space","path","size","etag",…}; with --dry-run {"type":"put","dryRun":true,"action":"store|replace|skip|refuse","source",…,"size"}',
          },
        ),
      )
      .action(async (paths, options) => {
        const { sources, target } = splitTarget(paths, "target");
        const native = parseNative(target);
        if (native) {
          const known = [
            "recursive",
            "ifAbsent",
            "skipUnchanged",
            "metadata",
            "contentType",
            "contentDisposition",
            "storageClass",
            "dryRun",
          ];
          refuseOptions(options, known, "put");
          const { putNative } = await import("./support/native/put_native.ts");
          return await putNative(edge, { options, sources, target: native });
        }
        refuseSpaceOptions(options, {
          command: "put",
          keys: ["contentType", "contentDisposition", "storageClass"],
        });
        const { runPut } = await import("./support/run_put.ts");
        await runPut(edge, { sources, target, options });
      });
  },
};

export default put;
