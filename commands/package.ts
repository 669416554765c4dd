import { formatAddress } from "../core/catalog/address.ts";
import { validateName } from "../core/catalog/names.ts";
import type { Command } from "./command.ts";
import { helpExamples } from "./support/help_examples.ts";
import { parsePackage } from "./support/parse_package.ts";

/** `jcs package`: the second level of names. */
const packageCommand: Command = {
  name: "package",
  define(program, edge) {
    program
      .summary("list, create, remove and clone packages")
      .description("Packages belong to a bucket and hold objects. put creates what is missing.");

    program
      .command("ls")
      .summary("list the packages of a bucket")
      .description("Lists the packages of a bucket and when they were created.")
      .argument("<bucket>", "the bucket")
      .addHelpText(
        "after",
        helpExamples([["jcs package ls media", "list the packages of bucket media"]], {
          json: '{"type":"package","bucket","package","createdAt"} per package',
        }),
      )
      .action(async (bucket) => {
        validateName("bucket", bucket);
        const client = await edge.client();
        const rows = (await client.packages.list(bucket)).map((found) => ({
          type: "package",
          bucket: found.bucket,
          package: found.name,
          createdAt: found.createdAt.toISOString(),
        }));
        edge.output.table({
          columns: [
            { key: "package", title: "PACKAGE" },
            { key: "createdAt", title: "CREATED" },
          ],
          rows,
        });
        edge.output.summary({ json: { packages: rows.length } });
      });

    program
      .command("create")
      .summary("create a package")
      .description(
        "Creates an empty package in a bucket that exists. One of that name that exists is a failure (status 5).",
      )
      .argument("<package>", "bucket/package")
      .addHelpText(
        "after",
        helpExamples([["jcs package create media/family", "create package family in bucket media"]]),
      )
      .action(async (text) => {
        const address = parsePackage(text);
        const client = await edge.client();
        await client.packages.create(address);
        edge.output.summary({
          text: `Created package ${JSON.stringify(formatAddress(address))}`,
          json: { bucket: address.bucket, package: address.package },
        });
      });

    program
      .command("rm")
      .summary("remove a package")
      .description("Removes an empty package, and with -r also one with objects in it.")
      .argument("<package>", "bucket/package")
      .option("-r, --recursive", "remove all its objects too")
      .addHelpText(
        "after",
        helpExamples([["jcs package rm -r media/family", "remove a package and everything in it"]]),
      )
      .action(async (text, options) => {
        const address = parsePackage(text);
        const client = await edge.client();
        await client.packages.remove(address, options.recursive ? { recursive: true } : {});
        edge.output.summary({
          text: `Removed package ${JSON.stringify(formatAddress(address))}`,
          json: { bucket: address.bucket, package: address.package },
        });
      });

    program
      .command("clone")
      .summary("make a package with the same objects")
      .description("Makes a new package with the objects of another. No byte moves: both share the blocks.")
      .argument("<source>", "bucket/package")
      .argument("<target>", "bucket/package that does not exist yet")
      .addHelpText(
        "after",
        helpExamples([
          ["jcs package clone media/family media/family-2026", "keep the state of today under another name"],
        ]),
      )
      .action(async (sourceText, targetText) => {
        const source = parsePackage(sourceText);
        const target = parsePackage(targetText);
        const client = await edge.client();
        await client.packages.clone(source, target);
        edge.output.summary({
          text: `Cloned ${JSON.stringify(formatAddress(source))} to ${JSON.stringify(formatAddress(target))}`,
          json: { source: { ...source }, bucket: target.bucket, package: target.package },
        });
      });
  },
};

export default packageCommand;
