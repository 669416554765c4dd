import { readdirSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { checkDocComments, checkMainExport } from "./tidy/exports.ts";
import { checkImportDirection } from "./tidy/import_direction.ts";
import { findAll, type ProjectFile, ROOT, readTypeScript, topLevelNames } from "./tidy/project_files.ts";
import { stripCode } from "./tidy/strip_code.ts";

const LINES_MAX = 400;

/** A test file is a list of cases, which do not get clearer by being in two files. */
const TEST_LINES_MAX = 500;

const TOP_LEVEL = [
  ...[".ci", "cli", "commands", "core", "docs", "fixtures", "ioswitch", "stubs", "test"],
  ...[
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Dockerfile",
    ".dockerignore",
    ".github",
    "README.md",
  ],
  ...[
    "biome.json",
    "build.ts",
    "deno.json",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vitest.config.ts",
  ],
];

const sources = readTypeScript(["cli", "commands", "core", "ioswitch"]);
const tests = readTypeScript(["test"]);
const all = [...sources, ...tests, ...readTypeScript(["build.ts", "stubs"])];

/** What `check` finds wrong in `files`; each problem names file and line. */
function problemsIn(
  files: readonly ProjectFile[],
  check: (file: ProjectFile) => readonly string[],
): readonly string[] {
  return files.flatMap(check);
}

test("there is something to check", () => {
  expect(sources.length).toBeGreaterThan(10);
  expect(tests.length).toBeGreaterThan(5);
});

test("the top folder holds what ARCHITECTURE.md lists, and nothing else", () => {
  expect(topLevelNames().filter((name) => !TOP_LEVEL.includes(name))).toEqual([]);
});

test("imports go one way", () => {
  expect(problemsIn(sources, checkImportDirection)).toEqual([]);
});

test("only cli touches the process", () => {
  const inner = sources.filter((file) => !file.path.startsWith("cli/"));
  const direct = problemsIn(inner, (file) =>
    findAll(
      file,
      "bare",
      /(?<![\w$.])(?:globalThis\.)?process\s*[.[]/g,
      () => "uses process: the edge passes it in",
    ),
  );
  const imported = problemsIn(inner, (file) =>
    findAll(file, "code", /["']node:process["']/g, () => "imports node:process: the edge passes it in"),
  );
  expect([...direct, ...imported]).toEqual([]);
});

test("a file has a main export that is named after it", () => {
  expect(problemsIn(sources, checkMainExport)).toEqual([]);
});

test("every exported symbol has a doc comment", () => {
  expect(problemsIn(sources, checkDocComments)).toEqual([]);
});

test("no file is too long", () => {
  const long = all.flatMap((file) => {
    const most = file.path.startsWith("test/") ? TEST_LINES_MAX : LINES_MAX;
    const lines = file.text.split("\n").length - 1;
    return lines > most ? [`${file.path}:${most + 1}: has ${lines} lines, ${most} are allowed`] : [];
  });
  expect(long).toEqual([]);
});

test("nothing is put off, and no check is silenced", () => {
  // Put together here, so that this file does not find itself.
  const putOff = new RegExp(
    `\\b(?:${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`,
    "g",
  );
  const silenced = new RegExp(
    `@ts-(?:ignore|expect-error|nocheck)|biome-${"ignore"}|eslint-${"disable"}`,
    "g",
  );
  const found = problemsIn(all, (file) => [
    ...findAll(file, "text", putOff, ([word]) => `puts something off: ${word}`),
    ...findAll(file, "text", silenced, ([word]) => `silences a check: ${word}`),
    ...findAll(
      file,
      "bare",
      /\bas\s+any\b|<any>|:\s*any\b/g,
      ([word]) => `gives up on types: ${word.trim()}`,
    ),
  ]);
  expect(found.filter((problem) => !problem.startsWith("test/tidy.test.ts:"))).toEqual([]);
});

test("no path of the machine stands in the sources", () => {
  const real = realpathSync(`${ROOT}/node_modules`);
  const homes = [ROOT, dirname(real)];
  const neighbours = homes.flatMap((home) => {
    const parent = dirname(home);
    return parent === "/" || parent === tmpdir()
      ? []
      : readdirSync(parent).map((name) => `${parent}/${name}`);
  });
  const paths = [...new Set([...homes, ...neighbours, homedir()])].filter((path) => path.length > 2);
  const pattern = new RegExp(`(?<![\\w$.:/-])(?:${paths.map(escape).join("|")})(?=[/"'\`\\s]|$)`, "gm");
  expect(problemsIn(all, (file) => findAll(file, "text", pattern, ([path]) => `names ${path}`))).toEqual([]);
});

test("no test is left out", () => {
  const leftOut = /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:skip|only|todo|fails)\b/g;
  // It says aloud which server is missing, and fails instead where CI is set.
  const checked = tests.filter((file) => file.path !== "test/servers/require_server.ts");
  expect(problemsIn(checked, (file) => findAll(file, "bare", leftOut, ([call]) => `has ${call}`))).toEqual(
    [],
  );
});

/** A file that a check must object to. */
function sample(path: string, text: string): ProjectFile {
  return {
    path,
    text,
    code: stripCode(text, { strings: false }),
    bare: stripCode(text, { strings: true }),
  };
}

describe("the checks themselves find", () => {
  test.each([
    ["core/bytes/a.ts", 'import { a } from "../store/a.ts";', 1],
    ["core/bytes/a.ts", '\n\nconst a = await import("../store/a.ts");', 3],
    ["core/block/a.ts", 'import {\n  type A,\n  b,\n} from "../redundancy/a.ts";', 1],
    ["core/errors.ts", 'export * from "./bytes/a.ts";', 1],
    ["core/access/a.ts", 'import "../client.ts";', 1],
    ["core/a.ts", 'import type { A } from "../commands/a.ts";', 1],
    ["ioswitch/a.ts", 'import type { A } from "../core/a.ts";', 1],
    ["core/a.ts", 'import { a } from "../test/a.ts";', 1],
  ])("an import against the direction in %s: %j", (path, text, line) => {
    expect(checkImportDirection(sample(path, text))).toEqual([
      expect.stringMatching(new RegExp(`^${path}:${line}: imports `)),
    ]);
  });

  test.each([
    ["core/block/a.ts", 'import type { A } from "../redundancy/a.ts";'],
    ["core/block/a.ts", 'import { type A, type B } from "../redundancy/a.ts";'],
    ["core/store/a.ts", 'import { a } from "../bytes/a.ts";\nimport { b } from "../errors.ts";'],
    ["core/local_client.ts", 'import { a } from "./objects/a.ts";'],
    ["cli/a.ts", 'import { a } from "../ioswitch/a.ts"; // from "../test/a.ts"'],
  ])("nothing in %s: %j", (path, text) => {
    expect(checkImportDirection(sample(path, text))).toEqual([]);
  });

  test("an export without a doc comment, once for overloads", () => {
    const text = `/** A. */\nexport function a(): void;\nexport function a(b?: number): void {}\nexport const b = 1;\n// c\nexport interface C {}`;
    const run = "/** A. */\nexport const A = 1;\nexport const B = 2;\n\nexport const C = 3;";
    expect(checkDocComments(sample("core/a.ts", run))).toEqual([expect.stringContaining('5: "C"')]);
    expect(checkDocComments(sample("core/a.ts", text))).toEqual([
      'core/a.ts:4: "b" is exported and has no doc comment',
      'core/a.ts:6: "C" is exported and has no doc comment',
    ]);
  });

  test("a file that is not named after what it exports", () => {
    expect(checkMainExport(sample("core/open_block.ts", "export function verifyChunks() {}"))).toHaveLength(
      1,
    );
    expect(checkMainExport(sample("core/open_block.ts", "export async function openBlock() {}"))).toEqual([]);
    expect(checkMainExport(sample("core/connection_string.ts", "export interface Connection {}"))).toEqual(
      [],
    );
    expect(checkMainExport(sample("ioswitch/executor.ts", "export function execute() {}"))).toEqual([]);
  });

  test("code, not comments, strings and regular expressions", () => {
    const text = `a; // b\n/* c */ 'd\\'' + \`e\${f + \`g\${h}\`}i\` / 2 / /[/'"]j/.k; l`;
    expect(stripCode(text, { strings: true }).match(/\w/g)).toEqual([..."afh2kl"]);
    expect(stripCode(text, { strings: false }).match(/[a-l]/g)).toEqual([..."adefghijkl"]);
  });
});
