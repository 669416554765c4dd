import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { prose } from "./support/prose.ts";

/** `jcs sign`: a URL by which anybody can read, write or remove a file of a space for a while. */
const sign: Command = {
  name: "sign",
  define(program, edge) {
    program
      .summary("make a URL by which anybody can use a file of a space for a while")
      .description(
        prose(`Signs a request to the service of a space. Whoever has the URL can read the file (or write or remove it) until it expires, without
credentials. Headers that the request must have are shown too.`),
      )
      .argument("<file>", "space:path")
      .option("--for <operation>", "read, write or remove", "read")
      .option("--expire <duration>", "how long it is good for", "5m")
      .addHelpText(
        "after",
        helpExamples([["jcs sign oss:report.pdf --expire 1h", "let somebody fetch a file for an hour"]], {
          json: '{"type":"signed","space","path","operation","method","url","headers","expiresAt"}',
        }),
      )
      .action(async (file, options) => {
        const { runSign } = await import("./support/run_sign.ts");
        await runSign(edge, { file, operation: options.for, expire: options.expire });
      });
  },
};

export default sign;
