import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../commands/all.ts";
import { spawnProgram } from "../cli/spawn_program.ts";

const NAMES = [...COMMANDS.map(({ name }) => name), "help"].sort();
const scripts: Record<string, string> = {};
let directory = "";

function has(shell: string): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jcs-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout } = await spawnProgram(["completion", shell]);
    expect(status).toBe(0);
    scripts[shell] = join(directory, shell === "zsh" ? "_jcs" : `jcs.${shell}`);
    writeFileSync(scripts[shell], stdout);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What bash offers for a line of which the last word is being typed. */
function bash(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const program = `source ${scripts["bash"]}; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _jcs; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["--norc", "-c", program], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean)
    .sort();
}

test.skipIf(!has("bash"))("bash knows the commands, their options and their words", () => {
  execFileSync("bash", ["-n", scripts["bash"] ?? ""]);
  expect(
    execFileSync("bash", ["-c", `source ${scripts["bash"]}; complete -p jcs`], { encoding: "utf8" }),
  ).toBe("complete -o default -F _jcs jcs\n");
  expect(bash("jcs", "")).toEqual(NAMES);
  expect(bash("jcs", "vers")).toEqual(["version"]);
  expect(bash("jcs", "help", "ver")).toEqual(["version"]);
  expect(bash("jcs", "--json", "completion", "")).toEqual(["bash", "fish", "zsh"]);
  expect(bash("jcs", "init", "--d")).toEqual(["--db", "--dir"]);
  expect(bash("jcs", "init", "--js")).toEqual(["--json"]);
});

test.skipIf(!has("bash"))("bash leaves the value of an option to the completion of files", () => {
  expect(bash("jcs", "--config", "")).toEqual([]);
  // The value is not taken for a command.
  expect(bash("jcs", "--config", "init", "vers")).toEqual(["version"]);
  expect(bash("jcs", "init", "--dir", "x", "--fo")).toEqual(["--force"]);
});

describe.skipIf(!has("fish"))("fish", () => {
  function fish(line: string): string[] {
    const program = `source ${scripts["fish"]}; complete -C ${JSON.stringify(line)}`;
    const environment = {
      ...process.env,
      HOME: directory,
      XDG_CONFIG_HOME: directory,
      XDG_DATA_HOME: directory,
    };
    const output = execFileSync("fish", ["--no-config", "-c", program], {
      encoding: "utf8",
      env: environment,
    });
    return output
      .split("\n")
      .filter(Boolean)
      .map((text) => text.split("\t")[0] ?? "")
      .sort();
  }

  test("knows the commands, their options and their words", () => {
    execFileSync("fish", ["--no-execute", scripts["fish"] ?? ""]);
    expect(fish("jcs ")).toEqual(NAMES);
    expect(fish("jcs --config init vers")).toEqual(["version"]);
    expect(fish("jcs completion ")).toEqual(["bash", "fish", "zsh"]);
    expect(fish("jcs init --d")).toEqual(["--db", "--dir"]);
  });
});

describe.skipIf(!has("zsh"))("zsh", () => {
  /** Runs the completion function with zsh's own helpers replaced by ones that print. */
  function zsh(words: readonly string[]): string[] {
    const program = `
      compdef() { :; }
      _files() { print files; }
      _describe() { local name=\${@[-1]}; print -l -- "\${(@P)name}"; }
      source ${scripts["zsh"]}
      words=(${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length}; PREFIX='${words.at(-1)}'
      _jcs`;
    const output = execFileSync("zsh", ["-f", "-c", program], { encoding: "utf8" });
    return output
      .split("\n")
      .filter(Boolean)
      .map((text) => text.split(":")[0] ?? "")
      .sort();
  }

  test("knows the commands, their options and their words", () => {
    execFileSync("zsh", ["-n", scripts["zsh"] ?? ""]);
    expect(zsh(["jcs", ""])).toEqual(NAMES);
    expect(zsh(["jcs", "--config", ""])).toEqual(["files"]);
    expect(zsh(["jcs", "--config", "init", ""])).toEqual(NAMES);
    expect(zsh(["jcs", "completion", ""])).toEqual(["bash", "fish", "zsh"]);
    expect(zsh(["jcs", "init", "--"])).toEqual(expect.arrayContaining(["--db", "--dir", "--json"]));
    expect(zsh(["jcs", "version", ""])).toEqual(["files"]);
  });
});
