import { expect, test } from "vitest";
import { onTerminal } from "./on_terminal.ts";

const SHOW_CURSOR = "\u001b[?25h";

test("progress is drawn on the terminal, results come above it, and its last state stays", async () => {
  const { saw, type, written, status } = onTerminal(["test/cli/progress_fixture.ts"]);
  await saw("dir/\\x1b[31mevil");
  await saw("中文/文件");
  await saw("500B of 1000B (50%)");
  type("\r");
  await saw("stored one");
  await saw("1000B of 1000B (100%)");
  await saw("1 of 3 objects");
  await saw("all stored");
  expect(await status).toBe(0);
  expect(written()).not.toContain("dir/\u001b[31mevil");
  expect(written()).toContain(SHOW_CURSOR);
});

test("CI and NO_COLOR draw nothing", async () => {
  for (const name of ["CI", "NO_COLOR"]) {
    const { saw, type, written, status } = onTerminal(["test/cli/progress_fixture.ts"], { [name]: "1" });
    type("\r");
    await saw("all stored");
    expect(await status).toBe(0);
    expect(written()).not.toMatch(/50%|\u001b/);
  }
});

test("Ctrl-C while it is drawn gives the cursor back", async () => {
  const { saw, type, written, status } = onTerminal(["test/cli/progress_fixture.ts"]);
  await saw("(50%)");
  type("\u0003");
  expect(await status).toBe(130);
  expect(written()).toContain(SHOW_CURSOR);
});
