import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { prose } from "./support/prose.ts";

/** `jcs ls`: lists buckets, packages and objects. */
const ls: Command = {
  name: "ls",
  define(program, edge) {
    program
      .summary("list buckets, packages and objects")
      .description(
        prose(`Without an address lists the buckets, of a bucket the packages, of a package or a prefix one level of objects; what lies
deeper shows as a prefix ending with "/". Every line is an address that other commands take. Sizes are in bytes, times in UTC. "space:" and "space:dir/" list the files of a space
as its service shows them.`),
      )
      .argument("[address...]", "a bucket, a package, a prefix, an object, space:path or a glob")
      .option("-l, --long", "also size, modification time and redundancy of objects")
      .option("-r, --recursive", "everything below, not only one level")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs ls", "list the buckets"],
            ["jcs ls -l media/family", "list a package, with sizes"],
            ["jcs ls -r media/family/photos/", "list everything below a prefix"],
            ["jcs ls 'media/family/**/*.jpg'", "list what matches"],
          ],
          {
            json: '{"type":"bucket|package|prefix|object","bucket","package","path"} per line; objects also have "size","hash","redundancy","modifiedAt","createdAt","updatedAt","generation","metadata"; of space:path {"type":"file","space","path","kind":"file|directory|link"} and what its service tells in lists',
          },
        ),
      )
      .action(async (addresses, options) => {
        const natives = parseNatives(addresses);
        if (natives) {
          const { listNative } = await import("./support/native/ls_native.ts");
          return await listNative(edge, { ...options, addresses: natives });
        }
        const { runLs } = await import("./support/run_ls.ts");
        await runLs(edge, { ...options, addresses });
      });
  },
};

export default ls;
