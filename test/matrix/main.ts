import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVICES } from "../../core/store/all.ts";
import servers from "../servers/servers.json" with { type: "json" };
import { FAKE, MATRIX_DIRECTORY, type SuiteRun } from "../suites/record_matrix.ts";
import { capabilityTable } from "./capability_table.ts";

/** `npm run matrix`: runs the conformance suite on every service and writes what it measured into docs/services.md, between the marks. */

const DOCUMENT = "docs/services.md";
const BEGIN = "<!-- capabilities: made by npm run matrix -->";
const END = "<!-- end of capabilities -->";
const VIRTUAL_SUITE = "test/core/store/layers/virtual_suite.test.ts";
const RUN_TIMEOUT_MS = 20 * 60_000;

/** The version that the server's own program tells; a fake has none. */
function versionOf(name: string): string {
  if (name === FAKE) return "";
  const command = servers.find((server) => server.name === name)?.version ?? [];
  const [program = "", ...args] = command;
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 30_000 });
  return /\d+(?:\.\d+)+(?:p\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? "";
}

async function collectRuns(): Promise<readonly SuiteRun[]> {
  const directory = await mkdtemp(join(tmpdir(), "jcs-matrix-"));
  try {
    const args = [
      "--bun",
      "node_modules/vitest/vitest.mjs",
      "run",
      "test/core/store/services",
      VIRTUAL_SUITE,
    ];
    const child = spawn("bun", args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, [MATRIX_DIRECTORY]: directory },
      timeout: RUN_TIMEOUT_MS,
    });
    await new Promise((resolve) => child.once("close", resolve));
    const files = (await readdir(directory)).toSorted();
    return await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(join(directory, file), "utf8")) as SuiteRun),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

const runs = await collectRuns();
const table = capabilityTable(runs, { services: SERVICES.map(({ name }) => name), versionOf });
const document = await readFile(DOCUMENT, "utf8");
const [before, rest] = document.split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined)
  throw new Error(`Cannot write ${DOCUMENT}: its marks are missing`);
await writeFile(DOCUMENT, `${before}${BEGIN}\n${table}${END}${after}`);
const failed = runs.flatMap((run) => run.failed.map((name) => `${run.service}: ${name}`));
if (failed.length > 0) throw new Error(`Some cases failed:\n${failed.join("\n")}`);
process.exit(0);
