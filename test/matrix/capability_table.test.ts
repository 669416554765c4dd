import { expect, test } from "vitest";
import { memory } from "../../core/store/services/memory.ts";
import type { Capabilities } from "../../core/store/store.ts";
import { FAKE, type SuiteRun } from "../suites/record_matrix.ts";
import { type Ability, CAPABILITY_CASES } from "./capability_cases.ts";
import { capabilityTable } from "./capability_table.ts";

const store = await memory.open(
  { service: "memory", name: "matrix", workDirectory: "/", options: new Map() },
  { environment: {} },
);
const ALL = Object.values(CAPABILITY_CASES).flatMap(({ cases }) => cases);
const capabilities = (abilities: readonly Ability[]): Capabilities => ({
  ...store.capabilities,
  ...Object.fromEntries(
    Object.keys(CAPABILITY_CASES).map((key) => [key, abilities.includes(key as Ability)]),
  ),
});
const run = (service: string, abilities: readonly Ability[], more: Partial<SuiteRun> = {}): SuiteRun => ({
  service,
  native: capabilities(abilities),
  capabilities: capabilities(abilities),
  passed: ALL,
  failed: [],
  ...more,
});
const versionOf = (server: string) => (server === FAKE ? "" : "1.2");
const options = { services: ["one", "two", "never run"], versionOf };
const rowOf = (table: string, title: string) =>
  table.split("\n").find((line) => line.startsWith(`| ${title} |`));

test("tells what was exercised, what is only claimed, what fails and what is not there", () => {
  const runs = [
    run("one", ["copy", "append", "move"], { server: "rgw", failed: ["move: onto itself changes nothing"] }),
    run("two", ["append"], { passed: ALL.filter((name) => !name.startsWith("append")) }),
  ];
  const table = capabilityTable(runs, options);
  expect(table.split("\n")[0]).toBe("|  | one | two |");
  expect(rowOf(table, "verified on")).toBe("| verified on | rgw 1.2 | in this process |");
  expect(rowOf(table, "copy")).toBe("| copy | yes | - |");
  expect(rowOf(table, "append")).toBe("| append | yes | claimed |");
  expect(rowOf(table, "move")).toBe("| move | **fails** | - |");
});

test("tells what is there only by a virtual feature", () => {
  const virtual = (abilities: readonly Ability[], more: Partial<SuiteRun> = {}) =>
    run("one", ["copy"], { capabilities: capabilities(["copy", ...abilities]), ...more });
  const table = capabilityTable([run("one", ["copy"]), virtual(["link"]), run("two", ["link"])], options);
  expect(rowOf(table, "links")).toBe("| links | virtual | yes |");
  expect(rowOf(table, "copy")).toBe("| copy | yes | - |");
  const without = run("one", ["copy", "link"], { capabilities: capabilities(["copy"]) });
  expect(rowOf(capabilityTable([without], options), "links")).toBe("| links | claimed |");
  const readOnly = virtual(["link"], { native: { ...capabilities(["copy"]), readOnly: true } });
  expect(rowOf(capabilityTable([readOnly], options), "links")).toBe("| links | - |");
  const failing = capabilityTable([virtual(["link"], { failed: ALL, passed: [] })], options);
  expect(rowOf(failing, "links")).toBe("| links | **fails** |");
});

test("a fake shows as a fake, and a service that was never run as that", () => {
  const table = capabilityTable([run("one", ["copy"], { server: FAKE }), run("two", ["copy"])], options);
  expect(rowOf(table, "verified on")).toBe("| verified on | a fake | in this process |");
  expect(table.split("\n").slice(-3)).toEqual(["", "Without a run of the suite: never run.", ""]);
});

test("is the same whatever the order of the runs", () => {
  const runs = [
    run("one", ["copy"], { server: "a" }),
    run("one", ["copy", "sign"], { server: "b" }),
    run("two", [], { server: "a" }),
  ];
  expect(capabilityTable(runs.toReversed(), options)).toBe(capabilityTable(runs, options));
  expect(rowOf(capabilityTable(runs, options), "verified on")).toBe("| verified on | a 1.2, b 1.2 | a 1.2 |");
});

test("a case that the suite does not have any more is an error", () => {
  expect(() => capabilityTable([run("one", [], { passed: ALL.slice(1) })], options)).toThrow(
    "Cannot find case",
  );
});
