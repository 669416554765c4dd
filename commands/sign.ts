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
credentials. Headers that the request must have are shown too.

With --multipart an upload in parts is begun, and all that is needed to finish it is signed: a request for each part, one for the list of
parts that are there, one that completes the upload, and one that aborts it where the service needs that. The body of the
completing request is given; in it, {etag:N} stands for what the header ETag said in the answer to part N.`),
      )
      .argument("<file>", "space:path")
      .option("--for <operation>", "read, write or remove (default: read)")
      .option("--expire <duration>", "how long it is good for", "5m")
      .option("--multipart <parts>", "sign an upload in so many parts")
      .option("--upload <id>", "with --multipart: sign for this upload again, and begin none")
      .addHelpText(
        "after",
        helpExamples(
          [
            ["jcs sign oss:report.pdf --expire 1h", "let somebody fetch a file for an hour"],
            [
              "jcs sign --json --multipart 20 --expire 1d oss:large",
              "let somebody upload a file in 20 parts",
            ],
          ],
          {
            json: '{"type":"signed","space","path","operation","method","url","headers","expiresAt"}; with --multipart one per request, "operation" is part, list, complete or abort, and there is "uploadId", "number" of a part and "body" of complete',
          },
        ),
      )
      .action(async (file, options) => {
        const { runSign } = await import("./support/run_sign.ts");
        await runSign(edge, { ...options, file });
      });
  },
};

export default sign;
