import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_CONFIG } from "../../../core/config/default_config.ts";
import { hasPassword, loadConfig } from "../../../core/config/load_config.ts";

let directory = "";
let file = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jcs-config-"));
  file = join(directory, "config.json");
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a missing file means the defaults, unless somebody named it", async () => {
  expect(await loadConfig(file)).toEqual(DEFAULT_CONFIG);
  await expect(loadConfig(file, { required: true })).rejects.toMatchObject({
    kind: "Config",
    message: `Cannot read "${file}": there is no such file; jcs init writes one`,
  });
});

test("a file that cannot be read is an error and not the defaults", async () => {
  mkdirSync(file);
  await expect(loadConfig(file)).rejects.toMatchObject({
    kind: "Config",
    message: `Cannot read "${file}": it is a directory`,
  });
});

test("a folder that is a file is said to be one", async () => {
  writeFileSync(file, "");
  await expect(loadConfig(join(file, "config.json"))).rejects.toMatchObject({
    message: expect.stringContaining("a part of its path is a file"),
  });
});

test("the file is named in what is wrong with it", async () => {
  writeFileSync(file, '{"htpp":{}}');
  await expect(loadConfig(file)).rejects.toMatchObject({ message: expect.stringContaining(`"${file}"`) });
});

test("a warning comes when others may read a password, and only then", async () => {
  const warnings: string[] = [];
  const load = () => loadConfig(file, { onWarning: (message) => warnings.push(message) });
  writeFileSync(file, '{"db":{"password":"x"}}');
  chmodSync(file, 0o600);
  expect(hasPassword(await load())).toBe(true);
  expect(warnings).toEqual([]);
  chmodSync(file, 0o644);
  await load();
  expect(warnings).toEqual([`"${file}" holds a password and other users may read it: chmod 600 "${file}"`]);
  writeFileSync(file, "{}");
  expect(hasPassword(await load())).toBe(false);
  expect(warnings).toHaveLength(1);
});
