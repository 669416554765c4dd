import { Option } from "@commander-js/extra-typings";
import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseNatives } from "./support/native_address.ts";
import { parseByteOption } from "./support/parse_byte_option.ts";
import { prose } from "./support/prose.ts";
import { refuseOptions } from "./support/refuse_options.ts";
import { splitTarget } from "./support/split_target.ts";

/** `jcs get`: writes objects to local files or stdout. */
const get: Command = {
  name: "get",
  define(program, edge) {
    program
      .summary("fetch objects into files, a directory or stdout")
      .description(
        prose(`Fetches objects: one by its name, everything below "bucket/package/prefix/" or of a package, or what a glob matches
(? * ** [..] [!..] {a,b}, quoted from the shell; \\ before a character takes its meaning, and a name that exists wins).

One object becomes the file LOCAL, or goes into it under its own name when LOCAL is a directory or ends with "/". A tree becomes
the directory LOCAL; when LOCAL ends with "/" or is ".", it goes into it under its own name, so that "put photos b/p" and "get
b/p/photos ." are each other's reverse. What a glob matches keeps its path below the last directory before the first wildcard.
Several sources go into LOCAL. "-" writes all bytes to stdout.

Files appear when they are complete and verified, with the modification time of the object; a failure leaves nothing behind.
A file that exists is replaced according to --overwrite:
  never   it stays; one with the object's size and time counts as fetched, any other as failed
  newer   it is replaced when the object is newer, and stays otherwise
  always  it is replaced

Of space:path files of a space are fetched as they are, under the same rules, with the times that its service tells; "space:dir/" is
a tree. What belongs to jcs there (jcs/) is left out of trees and globs.`),
      )
      .usage("[options] <source...> <local>")
      .argument(
        "<paths...>",
        `sources: bucket/package/path, a prefix with / at its end, a package or a glob; or space:path
the last one is LOCAL: a local file or directory, or "-" for stdout`,
      )
      .option("--offset <bytes>", "first byte to fetch, of one object", parseByteOption("--offset"))
      .option("--length <bytes>", "number of bytes to fetch, of one object", parseByteOption("--length"))
      .option("--verify", "read each file back from disk and compare its SHA-256 before it appears")
      .addOption(
        new Option("--overwrite <when>", "when to replace a file that exists")
          .choices(["never", "newer", "always"] as const)
          .default("never" as const),
      )
      .option("-r, --recursive", "also everything below the prefixes that a glob matches")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs get docs/2026/report.pdf .", "fetch one file into this directory"],
            ["jcs get media/family/photos/ ./copy", "fetch a tree as ./copy/…"],
            ["jcs get 'media/family/**/*.jpg' ./jpg", "fetch what matches, with its directories"],
            ["jcs get backup/src/today.tar - | tar t", "write to stdout"],
            [
              "jcs get --overwrite newer oss:photos/ ./photos",
              "fetch what is new in a directory of the space oss",
            ],
          ],
          {
            json: '{"type":"get","status":"written|unchanged|kept","bucket","package","path","target","bytes"} per object, "space","path" of space:path; nothing but the bytes with "-"',
          },
        ),
      )
      .action(async (paths, options) => {
        const { sources, target: local } = splitTarget(paths, "local");
        const natives = parseNatives(sources);
        if (natives) {
          refuseOptions(options, ["offset", "length", "overwrite", "recursive"], "get");
          const native = { ...options, addresses: natives };
          if (local === "-") {
            const { catNative } = await import("./support/native/cat_native.ts");
            return await catNative(edge, { ...native, command: "get" });
          }
          const { getNative } = await import("./support/native/get_native.ts");
          return await getNative(edge, { ...native, local });
        }
        if (local === "-") {
          const { runCat } = await import("./support/run_cat.ts");
          await runCat(edge, { ...options, sources, command: "get" });
        } else {
          const { runGet } = await import("./support/run_get.ts");
          await runGet(edge, { ...options, sources, local });
        }
      });
  },
};

export default get;
