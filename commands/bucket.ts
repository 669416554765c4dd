import { validateName } from "../core/catalog/names.ts";
import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";

/** `jcs bucket`: the top level of names. */
const bucket: Command = {
  name: "bucket",
  define(program, edge) {
    program
      .summary("list, create and remove buckets")
      .description("Buckets hold packages. put creates what is missing.");

    program
      .command("ls")
      .summary("list buckets")
      .description("Lists the buckets and when they were created.")
      .addHelpText(
        "after",
        helpExamples([["jcs bucket ls --json", "list them for a script"]], {
          json: '{"type":"bucket","bucket","createdAt"} per bucket',
        }),
      )
      .action(async () => {
        const client = await edge.client();
        const rows = (await client.buckets.list()).map(({ name, createdAt }) => ({
          type: "bucket",
          bucket: name,
          createdAt: createdAt.toISOString(),
        }));
        edge.output.table({
          columns: [
            { key: "bucket", title: "BUCKET" },
            { key: "createdAt", title: "CREATED" },
          ],
          rows,
        });
        edge.output.summary({ json: { buckets: rows.length } });
      });

    program
      .command("create")
      .summary("create a bucket")
      .description("Creates an empty bucket. One of that name that exists is a failure (status 5).")
      .argument("<bucket>", "its name, without / and :")
      .addHelpText("after", helpExamples([["jcs bucket create media", "create bucket media"]]))
      .action(async (name) => {
        validateName("bucket", name);
        const client = await edge.client();
        await client.buckets.create(name);
        edge.output.summary({ text: `Created bucket ${JSON.stringify(name)}`, json: { bucket: name } });
      });

    program
      .command("rm")
      .summary("remove a bucket")
      .description("Removes an empty bucket, and with -r also one with packages and objects in it.")
      .argument("<bucket>", "its name")
      .option("-r, --recursive", "remove its packages and all their objects too")
      .addHelpText(
        "after",
        helpExamples([
          ["jcs bucket rm media", "remove an empty bucket"],
          ["jcs bucket rm -r media", "remove a bucket and everything in it"],
        ]),
      )
      .action(async (name, options) => {
        validateName("bucket", name);
        const client = await edge.client();
        await client.buckets.remove(name, options.recursive ? { recursive: true } : {});
        edge.output.summary({ text: `Removed bucket ${JSON.stringify(name)}`, json: { bucket: name } });
      });
  },
};

export default bucket;
