import { describe, expect, test } from "vitest";
import { createReport } from "../../commands/bench/report.ts";
import bench from "../../commands/bench.ts";
import { JcsError } from "../../core/errors.ts";
import { createFakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";

const run = (argv: readonly string[], signal?: AbortSignal) =>
  runCommand(bench, argv, { client: createFakeClient(), ...(signal === undefined ? {} : { signal }) });

const QUICK = "coding --seconds 0.005 --sizes 4KiB --temperatures hot --threads 0".split(" ");

describe("bench coding", () => {
  test("prints the machine and then a line for each case", async () => {
    const { exitCode, stdout } = await run([...QUICK, "--shapes", "2+1,4+2+2", "--operations", "encode"]);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^.+, \d+ cores?, load \d+\.\d\d, Bun \d+\.\d+\.\d+, jcs \d+\.\d+\.\d+$/);
    expect(lines[1]).toMatch(/^GB\/s +best +median +low +high$/);
    const titles = ["encode 2+1 4KiB hot in place", "encode 4+2+2 4KiB hot in place"];
    for (const [index, title] of titles.entries()) {
      expect(lines[2 + index]!.startsWith(`${title}  `)).toBe(true);
      expect(lines[2 + index]!.slice(title.length)).toMatch(/^( +\d+(\.\d)?){4}$/);
    }
    expect(lines).toHaveLength(4);
  });

  test("with --json: the machine and each case as an object", async () => {
    const { exitCode, json } = await run([...QUICK, "--json", "--shapes", "2+1", "--memories", "copied"]);
    expect(exitCode).toBe(0);
    const [machine, ...cases] = json().filter(({ type }) => type !== "warning");
    expect(machine).toMatchObject({ type: "machine", engine: expect.stringMatching(/^Bun /) });
    expect(cases.map(({ name }) => name)).toEqual([
      "encode 2+1 4KiB hot copied",
      "rebuild 1 2+1 4KiB hot copied",
    ]);
    expect(cases[0]).toMatchObject({
      type: "coding",
      operation: "encode",
      shape: "2+1",
      shardBytes: 4096,
      temperature: "hot",
      memory: "copied",
      threads: 0,
      bestGBps: expect.any(Number),
      medianGBps: expect.any(Number),
      middleGBps: [expect.any(Number), expect.any(Number)],
      windows: expect.any(Number),
    });
  });

  test.each([
    [["--shapes", "4x2"], 'Cannot read "4x2" as a shape'],
    [["--shapes", "200+100"], "Cannot make a code of shape 200+100"],
    [["--shapes", "4+1+9"], "4+1+9"],
    [["--sizes", "64K"], "--sizes"],
    [["--sizes", "1000"], "not a multiple of 256"],
    [["--operations", "decode"], 'Cannot measure "decode": write encode, rebuild 1'],
    [["--threads", "1.5"], 'Cannot use "1.5" for --threads'],
    [["--threads", ""], 'Cannot use "" for --threads'],
    [["--seconds", "0"], 'Cannot use "0" for --seconds'],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, stderr } = await run([...QUICK, ...argv]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  test("stops after the case under way when it is interrupted", async () => {
    const signal = AbortSignal.abort(new JcsError("Cancelled", "Stopped: interrupted"));
    const { exitCode, stdout } = await run([...QUICK, "--shapes", "2+1"], signal);
    expect(exitCode).toBe(130);
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
  });
});

test("bench hash measures each checksum, here and on workers", async () => {
  const { exitCode, json } = await run(["hash", "--json", "--seconds", "0.005"]);
  expect(exitCode).toBe(0);
  const cases = json().filter(({ type }) => type === "hash");
  expect(cases.map(({ name }) => name).slice(0, 4)).toEqual([
    "sha256 here",
    "md5 here",
    "crc32 here",
    "sha256 as put does, 1 object",
  ]);
  for (const { bestGBps } of cases) expect(bestGBps).toBeGreaterThan(0);
});

test("bench alone shows its help", async () => {
  expect((await run([])).exitCode).not.toBe(0);
});

test.each([
  [true, ["result", "warn", "result"]],
  [false, ["result", "result"]],
])("a report of a machine that is busy (%s) warns", (isBusy, expected) => {
  const calls: string[] = [];
  const output = { result: () => calls.push("result"), warn: () => calls.push("warn") };
  const machine = { cpu: "a", cores: 2, load: 1.5, engine: "b", jcs: "c", isBusy };
  const edge = { output, global: () => ({ json: false }) } as unknown as Parameters<typeof createReport>[0];
  createReport(edge, { machine, unit: "GB/s", bytesPerUnit: 1e9 });
  expect(calls).toEqual(expected);
});
