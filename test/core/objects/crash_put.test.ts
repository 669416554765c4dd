import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "../../../core/bytes/collect.ts";
import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import { DEFAULT_CONFIG } from "../../../core/config/default_config.ts";
import { openLocalClient } from "../../../core/local_client.ts";

const SPACES = ["a", "b", "c", "d", "e", "f"];
const STEPS = [
  "planned",
  "intent recorded",
  "byte 0",
  "byte 3000000",
  "block 0 written",
  "block 4 written",
  "blocks written",
  "committed",
];

let folder: string;
let home: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "jcs-crash-"));
  home = join(folder, "home");
  const client = await open();
  for (const name of SPACES) {
    mkdirSync(join(folder, name));
    await client.spaces.add({ name, connection: `fs://${join(folder, name)}` });
  }
  await client.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open() {
  return openLocalClient({
    home,
    config: DEFAULT_CONFIG,
    environment: {},
    onWarning: () => undefined,
  });
}

async function putInChild(fill: number, killAt: string): Promise<NodeJS.Signals | undefined> {
  const script = join(import.meta.dirname, "crash_child.ts");
  const result = await execa(process.execPath, [script, home, String(fill), killAt], {
    reject: false,
    timeout: 20_000,
  });
  if (result.exitCode !== 0 && result.signal === undefined) throw new Error(result.stderr);
  return result.signal;
}

/** What is read back: the value of every byte of it, or undefined when there is no object. */
async function readBack(): Promise<number | undefined> {
  const client = await open();
  try {
    const { body } = await client.get({ address: { bucket: "b", package: "p", path: "o" } });
    const bytes = await collect(body, { bytesMax: 10_000_000 });
    expect(bytes.length).toBe(6_000_000);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    return bytes[0];
  } catch (error) {
    expect(error).toMatchObject({ kind: "NotFound" });
    return undefined;
  } finally {
    await client.close();
  }
}

/** Every block file on the spaces, as `space path`. */
function blockFiles(): string[] {
  return SPACES.flatMap((space) =>
    readdirSync(join(folder, space), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\/[0-9a-f]{32}\.\d+$/.test(join(entry.parentPath, entry.name)))
      .map((entry) => `${space} ${relative(join(folder, space), join(entry.parentPath, entry.name))}`),
  );
}

/** Every block file that the catalogue knows: of the object, of uploads whose lease ran out, and garbage. */
async function knownFiles(): Promise<Set<string>> {
  const catalog = await openSqliteCatalog({ file: join(home, "catalog.db") });
  const later = new Date(Date.now() + 365 * 86_400_000);
  const object = await catalog.objects.find({ bucket: "b", package: "p", path: "o" });
  const uploads = await catalog.uploads.expired(later, 100);
  const garbage = await catalog.garbage.list({ before: later, limit: 1000 });
  await catalog.close();
  const places = [...(object?.blocks ?? []), ...uploads.flatMap((upload) => upload.blocks), ...garbage];
  return new Set(places.map(({ space, path }) => `${space} ${path}`));
}

test.each(STEPS)(
  "killed after %s, the old object or the new one is there, and every file is accounted for",
  async (step) => {
    expect(await putInChild(1, "never")).toBeUndefined();
    expect(await readBack()).toBe(1);
    expect(await putInChild(2, step)).toBe("SIGKILL");
    expect(await readBack()).toBe(step === "committed" ? 2 : 1);
    const known = await knownFiles();
    expect(blockFiles().filter((file) => !known.has(file))).toEqual([]);
    expect(await putInChild(3, "never")).toBeUndefined();
    expect(await readBack()).toBe(3);
  },
);

test("killed during the very first put, there is no object, and the next put succeeds", async () => {
  expect(await putInChild(1, "block 2 written")).toBe("SIGKILL");
  expect(await readBack()).toBeUndefined();
  expect(await putInChild(2, "never")).toBeUndefined();
  expect(await readBack()).toBe(2);
});
