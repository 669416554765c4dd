import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";

/** `jcs stat`: everything that is known about objects. */
const stat: Command = {
  name: "stat",
  define(program, edge) {
    program
      .summary("show everything known about objects")
      .description(
        "Shows size, hash, times, redundancy and metadata of objects, and on which spaces their blocks are.",
      )
      .argument("<address...>", "bucket/package/path, space:path or a glob")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs stat docs/2026/report.pdf", "show one object"],
            ["jcs stat --json 'docs/2026/*.pdf' | jq -r .hash", "the SHA-256 of several"],
          ],
          {
            json: '{"type":"object","bucket","package","path","size","hash","redundancy","modifiedAt","createdAt","updatedAt","generation","metadata","blocks":[{"index","space","path","bytes"}]} per object; of space:path {"type":"file","space","path","kind":"file|directory|link","size","modifiedAt","etag","contentType","contentDisposition","metadata","storageClass","encryption","linkTarget"}, what the service tells',
          },
        ),
      )
      .action(async (addresses) => {
        const natives = parseNatives(addresses);
        if (natives) {
          const { statNative } = await import("./support/native/stat_native.ts");
          return await statNative(edge, natives);
        }
        const { runStat } = await import("./support/run_stat.ts");
        await runStat(edge, addresses);
      });
  },
};

export default stat;
