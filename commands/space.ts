import type { Command } from "./command.ts";
import { collectPairs } from "./support/collect_pairs.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parseByteOption } from "./support/parse_byte_option.ts";
import { prose } from "./support/prose.ts";

/** `jcs space`: the clouds, servers and disks that blocks are stored on. */
const space: Command = {
  name: "space",
  define(program, edge) {
    program.summary("the clouds, servers and disks to store on").description(
      prose(`Spaces are the places that blocks are stored on. Below the work directory of its connection jcs keeps only the directory
jcs/; everything else there belongs to its owner and is never touched.`),
    );

    program
      .command("add")
      .summary("add a space")
      .description(
        prose(`Adds a space after opening it once. Secrets in the connection string are sealed before they are recorded.

What stands on the command line is visible to other users of this machine (ps) and in the history of the shell. So that a
secret is not, give "-" to read the connection string from stdin, "@FILE" to read it from a file, or name the credential in
the connection string by "env" or "file:…".`),
      )
      .argument("<name>", "letters, digits, dot, underscore and hyphen")
      .argument("<connection>", 'for example fs:///srv/a or s3://bucket/prefix?endpoint=…, "-" or "@FILE"')
      .option(
        "--location <location>",
        "where it is, for example cn-beijing: what is in one place fails together",
      )
      .option("--account <account>", "whose account it is: what is in one account fails together")
      .option(
        "--capacity <size>",
        "most bytes to store there, for example 50GiB",
        parseByteOption("--capacity"),
      )
      .option(
        "--cost <key=number>",
        "a figure for planning, for example egressPerGiB=0.09; may be repeated",
        collectPairs,
      )
      .addHelpText(
        "after",
        helpExamples([
          ["jcs space add disk fs:///srv/jcs --location home", "add a directory"],
          [
            "jcs space add oss @oss.txt --location cn-beijing --account work --capacity 50GiB",
            "add a cloud, with its connection string in a file",
          ],
        ]),
      )
      .action(async (name, connection, options) => {
        const { addSpace } = await import("./support/run_space.ts");
        await addSpace(edge, { ...options, name, connection });
      });

    program
      .command("services")
      .summary("list the services, or the options of one")
      .description(
        prose(`Lists the services that a space can be of; with a name, every option that its connection strings may have.

A connection string is <service>://[name][/directory][?option=value&…]. An option without a value means true; "&" cannot stand in
a value.`),
      )
      .argument("[service]", "for example s3")
      .addHelpText(
        "after",
        helpExamples([["jcs space services s3", "what an S3 connection string may say"]], {
          json: '{"type":"service","service","summary","example"} or {"type":"option","option","value","default","help"}',
        }),
      )
      .action(async (service) => {
        const { listServices } = await import("./support/list_services.ts");
        listServices(edge, service);
      });

    program
      .command("ls")
      .summary("list the spaces")
      .description("Lists the spaces, and how many blocks and bytes lie there.")
      .addHelpText(
        "after",
        helpExamples([["jcs space ls", "list the spaces"]], {
          json: '{"type":"space","name","service","connection","location","account","capacityBytes","cost","temporary","blocks","bytes"} per space',
        }),
      )
      .action(async () => {
        const { listSpaces } = await import("./support/run_space.ts");
        await listSpaces(edge);
      });

    program
      .command("show")
      .summary("show one space")
      .description(
        prose(`Shows everything that is recorded about a space. Secrets show as ***.

With --capabilities the space is opened, and each capability is shown as its service has it and as it counts here: the virtual_
options of the connection and the gathering of bodies of unknown size add some, a probe takes away what it disproved.`),
      )
      .argument("<name>", "the space")
      .option("--capabilities", "also what its service can do, and what it can do here")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs space show oss", "show space oss"],
            ["jcs space show --capabilities oss", "show what it can do, too"],
          ],
          {
            json: 'the same members as of space ls, and "probe":{"probedAt","findings"}, "probeIgnored" (why the probe is not used), "capabilities":{"native","effective"} (a null is no bound)',
          },
        ),
      )
      .action(async (name, options) => {
        const { showSpace } = await import("./support/run_space.ts");
        await showSpace(edge, { ...options, name });
      });

    program
      .command("rm")
      .summary("forget a space")
      .description(
        prose(`Forgets a space. Refused (status 5) while blocks lie there, unless --force is given: then these blocks are lost to jcs
until a space of the same name, at the same place, is added again. So a space gets new credentials: rm --force, then add. Nothing is
removed from the space itself.`),
      )
      .argument("<name>", "the space")
      .option("--force", "forget it with the blocks that lie there")
      .addHelpText("after", helpExamples([["jcs space rm oss", "forget a space that is empty"]]))
      .action(async (name, options) => {
        const { removeSpace } = await import("./support/run_space.ts");
        await removeSpace(edge, { ...options, name });
      });

    program
      .command("test")
      .summary("try a space out")
      .description(
        "Writes, reads, lists and removes a small object on spaces, and shows how long each step took. Where nothing can be written, lists and reads.",
      )
      .argument("[name...]", "the spaces; all unless given")
      .addHelpText(
        "after",
        helpExamples([["jcs space test", "try all spaces"]], {
          json: '{"type":"test","space","step":"write|stat|read|list|remove","milliseconds","error"} per step',
        }),
      )
      .action(async (names) => {
        const { testSpaces } = await import("./support/run_space.ts");
        await testSpaces(edge, names);
      });

    program
      .command("probe")
      .summary("measure what a space can do")
      .description(
        prose(`Measures a space: ranges, conditional writes, whether overwrites are atomic, what lists show and when, uploads in parts,
which checksums it looks at, the longest name, its clock, and how quick it is for small and large objects. Takes some seconds and moves about 40 MiB.

What is found is recorded, shown by "jcs space show", and used for 30 days: what the space cannot do is not relied on, and the
quicker spaces are preferred where all else is equal. "broken" means that the space does not do what its service claims. What
the probe wrote, below jcs/probe, is removed, also after Ctrl-C.`),
      )
      .argument("<name>", "the space")
      .addHelpText(
        "after",
        helpExamples([["jcs space probe oss", "measure space oss"]], {
          json: '{"type":"finding","space","name","verdict":"yes|no|broken|unknown","value","unit":"ms|bytes|bytesPerSecond","detail"} per finding',
        }),
      )
      .action(async (name) => {
        const { probeSpace } = await import("./support/run_space_probe.ts");
        await probeSpace(edge, name);
      });
  },
};

export default space;
