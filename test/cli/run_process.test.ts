import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanEnvironment, ROOT, spawnProgram } from "./spawn_program.ts";

const FIXTURE = join(ROOT, "test", "cli", "process_fixture.ts");

function start(mode: string): {
  child: ChildProcessWithoutNullStreams;
  saw: (text: string) => Promise<void>;
  status: Promise<unknown[]>;
} {
  const child = spawn(process.execPath, [FIXTURE, mode], { env: cleanEnvironment(), timeout: 20_000 });
  let text = "";
  const status = once(child, "close");
  return {
    child,
    status,
    saw: async (wanted) => {
      while (!text.includes(wanted)) text += String((await once(child.stdout, "data"))[0]);
    },
  };
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "the first %s lets the work stop cleanly",
  async (signal) => {
    const { child, saw, status } = start("wait");
    await saw("ready");
    child.kill(signal);
    await saw("stopped cleanly");
    expect(await status).toEqual([130, null]);
  },
);

test("the same signal twice at once, as timeout(1) sends it, is one", async () => {
  const { child, saw, status } = start("deaf");
  await saw("ready");
  child.kill("SIGTERM");
  await saw("heard");
  child.kill("SIGTERM");
  // It answers after the second signal: it was not ended by it.
  child.stdin.write("still there?\n");
  await saw("yes");
  child.kill("SIGKILL");
  expect(await status).toEqual([null, "SIGKILL"]);
});

test("a later signal ends at once what does not listen", async () => {
  const { child, saw, status } = start("deaf");
  await saw("ready");
  const again = setInterval(() => child.kill("SIGINT"), 50);
  expect(await status.finally(() => clearInterval(again))).toEqual([130, null]);
});

test.runIf(process.platform === "linux")("under nohup a hang-up is survived", async () => {
  const child = spawn("nohup", [process.execPath, FIXTURE, "deaf"], {
    env: cleanEnvironment(),
    timeout: 20_000,
  });
  let text = "";
  const saw = async (wanted: string) => {
    while (!text.includes(wanted)) text += String((await once(child.stdout, "data"))[0]);
  };
  await saw("ready");
  child.kill("SIGHUP");
  child.stdin.write("still there?\n");
  await saw("yes");
  expect(text).not.toContain("heard");
  const status = once(child, "close");
  child.kill("SIGKILL");
  expect(await status).toEqual([null, "SIGKILL"]);
});

test("a signal ends the wait for stdin", async () => {
  const { child, saw, status } = start("wait-stdin");
  await saw("ready");
  child.kill("SIGINT");
  await saw("Stopped: interrupted");
  expect(await status).toEqual([130, null]);
});

test("stdin comes whole", async () => {
  const ended = await spawnProgram(["count-stdin"], { file: FIXTURE, input: "x".repeat(3_000_000) });
  expect(ended).toMatchObject({ status: 0, stdout: "3000000\n" });
});

test("a run that waits for nothing is an error and not success", async () => {
  const ended = await spawnProgram(["stuck"], { file: FIXTURE });
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain("Stopped before the end");
});

test("a timer left behind does not keep the process", async () => {
  expect(await spawnProgram(["leave-timer"], { file: FIXTURE })).toMatchObject({ status: 3 });
});

test("an error outside of any promise ends the process with a message", async () => {
  const ended = await spawnProgram(["throw-later"], { file: FIXTURE });
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain("nobody expected this");
  expect(ended.stderr).toContain("Please report it");
});

test("all output arrives before the process ends, also through a slow pipe", async () => {
  for (const [mode, bytes] of [
    ["flood-text", 2_288_890],
    ["flood-bytes", 100_000_300],
  ] as const) {
    const { child, status } = start(mode);
    let seen = 0;
    for await (const chunk of child.stdout) {
      seen += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await status).toEqual([0, null]);
    expect(seen).toBe(bytes);
  }
});
