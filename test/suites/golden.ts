import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

const FIXTURES = join(import.meta.dirname, "..", "..", "fixtures");

/** Expects `text` to be the golden file `path` (below fixtures/), byte for byte. With `UPDATE=1` in the environment the file
 *  is written instead; look at the difference before committing it. Mask what changes from run to run beforehand. */
export function expectGolden(path: string, text: string): void {
  const file = join(FIXTURES, path);
  if (process.env["UPDATE"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  expect(text, `fixtures/${path} (UPDATE=1 rewrites it)`).toBe(readGolden(file));
}

function readGolden(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
