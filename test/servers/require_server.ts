import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "vitest";
import servers from "./servers.json" with { type: "json" };

const serverOfTitle = new Map<string, string>();

/** The server that the `describe` of this title runs against, when {@link requireServer} made it. */
export function serverOf(title: string): string | undefined {
  return serverOfTitle.get(title);
}

/** Gives the `describe` for tests that need the real server `name` of servers.json.
 *
 *  Where its programs are on the PATH the tests run. Where one is missing they are skipped, named and counted; with `CI=true` one
 *  test fails in their place, so that nothing goes untested unnoticed. */
export function requireServer(name: string): (title: string, body: () => void) => void {
  const missing = missingBinaries(name);
  if (missing.length === 0) {
    return (title, body) => {
      serverOfTitle.set(title, name);
      describe(title, body);
    };
  }
  const reason = `server "${name}" is not installed: ${missing.join(", ")} missing`;
  if (process.env["CI"] === "true") {
    return (title) =>
      void describe(title, () => {
        test(`has server "${name}"`, () => {
          throw new Error(`Cannot run "${title}": ${reason}. Run: node .ci/prepare.mjs --test`);
        });
      });
  }
  return (title, body) => {
    console.warn(`Skipping "${title}": ${reason}`);
    describe.skip(`${title} [${reason}]`, body);
  };
}

/** The programs of server `name` that are not on the PATH. */
export function missingBinaries(name: string): readonly string[] {
  const server = servers.find((each) => each.name === name);
  if (server === undefined) throw new Error(`Cannot find server "${name}": it is not in servers.json`);
  return server.binaries.filter((binary) => !isOnPath(binary));
}

function isOnPath(binary: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .concat("/usr/sbin", "/sbin")
    .some((folder) => folder !== "" && isExecutable(join(folder, binary)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
