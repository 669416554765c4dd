import type { Command } from "./command.ts";

/** `jcs init`: writes a configuration and the certificates of the daemon. */
const init: Command = {
  name: "init",
  define(program, edge) {
    program
      .summary("write a configuration and certificates")
      .description(
        "Writes config.json, a certificate authority, and the certificates of the daemon and of its clients. Asks on a terminal; " +
          "takes options and defaults elsewhere. Not needed to try jcs: without a configuration it keeps everything in $JCS_HOME.",
      )
      .option("-y, --yes", "do not ask: take the options given, and defaults for the rest")
      .option("--dir <folder>", "where to write (default: $JCS_HOME, ~/.jcs)")
      .option("--db <url>", "mysql://account:password@host:3306/database (default: embedded, no server)")
      .option("--listen <address>", "where the daemon will listen (default: 127.0.0.1:7890)")
      .option(
        "--host <name...>",
        "names and addresses the daemon will be reached at (default: this machine's)",
      )
      .option("--force", "replace files that exist; certificates issued before will not be accepted any more")
      .addHelpText(
        "after",
        `
Examples:
  jcs init
  jcs init --yes --dir /etc/jcs --db mysql://jcs:secret@db.example.org/jcs --host storage.example.org`,
      )
      .action(async (options) => {
        const { askInit } = await import("./init/ask_init.ts");
        const { writeInit } = await import("./init/write_init.ts");
        const asked = edge.interactive && options.yes !== true ? await askInit(edge, options) : options;
        await writeInit(edge, asked);
      });
  },
};

export default init;
