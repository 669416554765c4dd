import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEdge, type Host } from "../../cli/edge.ts";
import type { GlobalOptions } from "../../commands/command.ts";
import { JcsError } from "../../core/errors.ts";
import { memorySink } from "./memory_sink.ts";

function open(host: Partial<Host> = {}, globals: Partial<GlobalOptions> = {}) {
  const stdout = memorySink({ isTerminal: true });
  const stderr = memorySink({ isTerminal: true });
  const handle = createEdge(
    {
      stdin: (async function* () {})(),
      stdinIsTerminal: true,
      stdout,
      stderr,
      environment: { HOME: "/home/me" },
      directory: "/work dir",
      signal: new AbortController().signal,
      ...host,
    },
    { globals: () => ({ json: false, quiet: false, verbose: false, progress: true, ...globals }) },
  );
  return { ...handle, stdout, stderr };
}

test("home and configuration: $JCS_HOME, ~/.jcs, --config", () => {
  expect(open().edge).toMatchObject({ home: "/home/me/.jcs", configFile: "/home/me/.jcs/config.json" });
  const environment = { HOME: "/home/me", JCS_HOME: "here" };
  expect(open({ environment }).edge).toMatchObject({
    home: "/work dir/here",
    configFile: "/work dir/here/config.json",
  });
  expect(open({}, { config: "c.json" }).edge.configFile).toBe("/work dir/c.json");
});

test("a person is watching: on a terminal, without CI, --json, --quiet", () => {
  expect(open().edge.interactive).toBe(true);
  expect(open({ environment: { NO_COLOR: "1" } }).edge.interactive).toBe(true);
  expect(open({ stdinIsTerminal: false }).edge.interactive).toBe(false);
  expect(open({ stderr: memorySink() }).edge.interactive).toBe(false);
  expect(open({ environment: { CI: "true" } }).edge.interactive).toBe(false);
  expect(open({}, { json: true }).edge.interactive).toBe(false);
  expect(open({}, { quiet: true }).edge.interactive).toBe(false);
});

test("colour only on a terminal, without NO_COLOR and CI", async () => {
  const colored = async (host: Partial<Host>) => {
    const { finish, stderr } = open(host);
    await finish(new JcsError("NotFound", "x"));
    return stderr.text().includes("\u001b[");
  };
  expect(await colored({})).toBe(true);
  expect(await colored({ stdout: memorySink() })).toBe(false);
  expect(await colored({ environment: { NO_COLOR: "0" } })).toBe(false);
  expect(await colored({ environment: { CI: "1" } })).toBe(false);
});

test("an interrupted run ends with 130, whatever the command made of it", async () => {
  const controller = new AbortController();
  const { edge, finish } = open({ signal: controller.signal });
  controller.abort(new JcsError("Cancelled", "Stopped: interrupted"));
  expect(edge.signal.aborted).toBe(true);
  expect(await finish(new Error("socket hang up"))).toBe(130);
});

test("a reader that goes away aborts the work, and its end is quiet", async () => {
  const { edge, finish, stderr } = open({ stdout: memorySink({ takes: 1 }) });
  await edge.stdout(new Uint8Array(1));
  expect(edge.signal.aborted).toBe(false);
  await expect(edge.stdout(new Uint8Array(1))).rejects.toThrow();
  expect(edge.signal.aborted).toBe(true);
  edge.output.failure(new Error("it failed because of that"));
  expect(await finish()).toBe(141);
  expect(stderr.text()).toBe("");
});

test("messages that nobody reads do not stop the work", async () => {
  const { edge, finish } = open({ stderr: memorySink({ takes: 0 }) });
  edge.output.warn("x");
  expect(await finish(new JcsError("NotFound", "x"))).toBe(4);
});

test("a configuration that is named must exist", async () => {
  const directory = mkdtempSync(join(tmpdir(), "jcs-edge-"));
  try {
    const { edge, finish } = open({ directory }, { config: "none.json" });
    const error = await edge.client().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: "Config",
      message: expect.stringContaining(join(directory, "none.json")),
    });
    expect(await finish(error)).toBe(2);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("--verbose tells what the spaces did, for people and for scripts", async () => {
  const home = mkdtempSync(join(tmpdir(), "jcs-metrics-"));
  const environment = { JCS_HOME: home, JCS_SPACE_m: "memory://edge-metrics" };
  try {
    for (const json of [false, true]) {
      const { edge, finish, stderr } = open({ environment }, { verbose: true, json });
      const client = await edge.client();
      for await (const step of client.spaces.test("m")) expect(step.error).toBeUndefined();
      expect(await finish()).toBe(0);
      const text = stderr.text();
      if (json) {
        const rows = text
          .trim()
          .split("\n")
          .map((line): Record<string, unknown> => JSON.parse(line));
        expect(rows).toContainEqual(
          expect.objectContaining({ type: "metrics", space: "m", operation: "write", count: 1 }),
        );
      } else expect(text).toMatch(/SPACE +OPERATION[\s\S]*\nm +write +1 +0 /);
    }
    const silent = open({ environment });
    await silent.edge.client();
    await silent.finish();
    expect(silent.stderr.text()).toBe("");
  } finally {
    rmSync(home, { recursive: true });
  }
});
