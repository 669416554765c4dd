import { beforeEach, describe, expect, it } from "vitest";
import cat from "../../commands/cat.ts";
import { JcsError } from "../../core/errors.ts";
import { createFakeClient, type FakeClient } from "./fake_client.ts";
import { runCommand } from "./run_command.ts";
import { storeObject } from "./store_object.ts";

let client: FakeClient;

beforeEach(async () => {
  client = createFakeClient();
  await storeObject(client, "b/p/1", { content: "one" });
  await storeObject(client, "b/p/2", { content: "two" });
  await storeObject(client, "b/p/d/3", { content: "" });
});

const run = (...argv: readonly string[]) => runCommand(cat, argv, { client });

describe("cat", () => {
  it.each([
    [["b/p/1"], "one"],
    [["b/p/2", "b/p/1"], "twoone"],
    [["b/p/*"], "onetwo"],
    [["b/p/d/3"], ""],
    [["--offset", "1", "b/p/1"], "ne"],
    [["--offset", "1", "--length", "1", "b/p/1"], "n"],
    [["--json", "b/p/1"], "one"],
  ])("%j writes the bytes and nothing else", async (argv, expected) => {
    const result = await run(...argv);
    expect(result.bytes.toString()).toBe(expected);
    expect(result.stdout).toBe("");
    expect(result.stderr).toBe("");
    expect(result.exitCode).toBe(0);
  });

  it.each([
    [["b/p/none"], 4, "no such object"],
    [["b/p"], 2, "a tree of them"],
    [["b/p/d/"], 2, "a tree of them"],
    [["b"], 2, "name a package"],
    [["--offset", "1", "b/p/*"], 2, "several objects"],
    [["-"], 2, 'Cannot use "-" here'],
  ])("%j fails", async (argv, exitCode, message) => {
    const result = await run(...argv);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(message);
    expect(result.bytes.length).toBe(0);
  });

  it("goes on after an object that is damaged", async () => {
    client.body = async function* ({ path }, bytes) {
      yield bytes.slice(0, 1);
      if (path === "1") throw new JcsError("Corrupt", 'Cannot read "b/p/1": damaged');
      yield bytes.slice(1);
    };
    const result = await run("b/p/1", "b/p/2");
    expect(result.bytes.toString()).toBe("otwo");
    expect(result.exitCode).toBe(9);
    expect((await run("b/p/1")).exitCode).toBe(7);
  });

  it("stops at once when the reader of stdout has gone", async () => {
    class ReaderGone extends Error {}
    const result = await runCommand(cat, ["b/p/1", "b/p/2"], {
      client,
      onBytes: () => {
        throw new ReaderGone("The reader has ended");
      },
    });
    expect(client.calls.filter((call) => call.startsWith("get"))).toEqual(["get b/p/1"]);
    expect(result.stderr).toContain("The reader has ended");
  });
});
