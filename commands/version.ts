import { arch, platform } from "node:os";
import { COMMIT, VERSION } from "../core/version.ts";
import type { Command } from "./command.ts";

/** `jcs version`: what this executable is. */
const version: Command = {
  name: "version",
  define(program, edge) {
    program
      .summary("show the version")
      .description("Shows the version of jcs, and with --json also the runtime, the platform and the commit.")
      .action(() => {
        edge.output.result({
          text: COMMIT === undefined ? `jcs ${VERSION}` : `jcs ${VERSION} (${COMMIT.slice(0, 12)})`,
          json: {
            type: "version",
            version: VERSION,
            runtime: navigator.userAgent,
            platform: `${platform()}-${arch()}`,
            ...(COMMIT === undefined ? {} : { commit: COMMIT }),
          },
        });
      });
  },
};

export default version;
