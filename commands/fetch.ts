import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { prose } from "./support/prose.ts";

/** `jcs fetch`: the content of a URL to a file of a space. */
const fetch: Command = {
  name: "fetch",
  define(program, edge) {
    program
      .summary("store what a URL leads to as a file of a space")
      .description(
        prose(`Fetches a URL (http or https) into a file of a space. The service fetches it by itself where it can, so that the bytes do not pass
here; otherwise they pass as they come. Redirects are followed; user and password in the URL go to its own server only.
The file appears when all of it is there; when anything fails, the old one stays.`),
      )
      .argument("<url>", "http://… or https://…")
      .argument("<target>", "space:path, or space:directory/ to keep the last name of the URL")
      .addHelpText(
        "after",
        helpExamples([["jcs fetch https://example.org/data.tar oss:mirror/", "store oss:mirror/data.tar"]], {
          json: '{"type":"fetch","space","path","kind","size",…,"inside"}; "inside": the service fetched it by itself',
        }),
      )
      .action(async (url, target) => {
        const { runFetch } = await import("./support/run_fetch.ts");
        await runFetch(edge, { url, target });
      });
  },
};

export default fetch;
