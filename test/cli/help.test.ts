import { describe, expect, test } from "vitest";
import { createEdge } from "../../cli/edge.ts";
import { addCommands, createProgram, readGlobals } from "../../cli/program.ts";
import { COMMANDS } from "../../commands/all.ts";
import { commandTree, flatten } from "../../commands/completion/command_tree.ts";
import { expectGolden } from "../suites/golden.ts";
import { memorySink } from "./memory_sink.ts";
import { spawnProgram } from "./spawn_program.ts";

async function fullProgram() {
  const stdout = memorySink();
  const program = createProgram({ stdout, stderr: memorySink() });
  const host = {
    stdin: (async function* () {})(),
    stdinIsTerminal: false,
    stdout,
    stderr: memorySink(),
    environment: { HOME: "/home/user" },
    directory: "/home/user",
    signal: new AbortController().signal,
  };
  const { edge } = createEdge(host, { globals: () => readGlobals(program) });
  await addCommands(program, { edge });
  return { program, stdout };
}

const { program } = await fullProgram();
const nodes = flatten(commandTree(program)).filter((node) => node.path.at(-1) !== "help");

describe("help", () => {
  test.each(nodes.map((node) => [node.path.join(" ") || "jcs", node] as const))(
    "of %s is the golden one",
    async (name, node) => {
      const fresh = await fullProgram();
      await expect(
        fresh.program.parseAsync([...node.path, "--help"], { from: "user" }),
      ).rejects.toMatchObject({
        code: "commander.helpDisplayed",
      });
      expectGolden(`help/${name.replaceAll(" ", "-")}.txt`, fresh.stdout.text());
    },
  );

  test("every command and every option says in a few words what it does", () => {
    for (const node of nodes) {
      expect(node.summary, node.path.join(" ")).toMatch(/\S/);
      for (const option of node.options)
        expect(option.summary, `${node.path.join(" ")} ${option.long}`).toMatch(/\S/);
    }
  });

  test("fits a terminal of 100 columns", async () => {
    const { stdout } = await spawnProgram(["--help"]);
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  test("lists every command", () => {
    expect(program.commands.map((command) => command.name())).toEqual(COMMANDS.map(({ name }) => name));
  });
});
