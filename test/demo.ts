/** The story of jcs, told by doing it: a real tree goes in 4+2 over six spaces, two spaces are destroyed, and every byte comes out again.
 *
 *  Run by `npm run demo` with the compiled binary. Everything lies in a temporary folder, which is removed. Exits with 1 when a single byte
 *  differs, or when any step fails. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { execa } from "execa";
import { formatByteSize } from "../core/bytes/byte_size.ts";

const PROJECT = resolve(import.meta.dirname, "..");
const BINARY = join(PROJECT, "dist", process.platform === "win32" ? "jcs.exe" : "jcs");
const DRAWING = join(PROJECT, "dist", "demo-plan.dot");
const SPACES = ["beijing", "shanghai", "guangzhou", "frankfurt", "virginia", "tokyo"];
const LOST = ["shanghai", "virginia"];

const folder = mkdtempSync(join(tmpdir(), "jcs-demo-"));
const environment = { JCS_HOME: join(folder, "home"), NO_COLOR: "1" };

try {
  await tellStory();
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function tellStory(): Promise<void> {
  const tree = join(folder, "tree");
  cpSync(join(PROJECT, "node_modules", "typescript"), join(tree, "typescript"), { recursive: true });
  cpSync(BINARY, join(tree, "jcs"));
  const before = await fingerprint(tree);
  say(
    `1. A tree of ${before.files} files, ${formatByteSize(before.bytes)}: the typescript package, and jcs itself.`,
  );

  for (const name of SPACES) {
    mkdirSync(join(folder, "clouds", name), { recursive: true });
    await jcs("space", "add", name, `fs://${join(folder, "clouds", name)}`, "--location", name);
  }
  say(`2. Six spaces, each a cloud of its own: ${SPACES.join(", ")}.`);

  const put = await timed(() => jcs("put", "--redundancy", "ec:4+2", tree, "demo/backup/"));
  say(
    `3. Stored with erasure code 4+2 in ${put.seconds} s (${rate(before.bytes, put.ms)}). Any two spaces may now vanish.`,
  );

  for (const name of LOST) rmSync(join(folder, "clouds", name), { recursive: true });
  say(`4. ${LOST.join(" and ")} are destroyed: every byte that lay there is gone.`);

  const get = await timed(() => jcs("get", "demo/backup/", join(folder, "restored")));
  say(`5. Everything read back from the other four in ${get.seconds} s (${rate(before.bytes, get.ms)}).`);

  const after = await fingerprint(join(folder, "restored", "tree"));
  compare(before.hashes, after.hashes);
  say(`6. Compared byte for byte: ${after.files} files, ${formatByteSize(after.bytes)}, no difference.`);

  const withoutLost = LOST.flatMap((name) => ["--without", name]);
  const plan = await jcs("plan", "get", "demo/backup/tree/jcs", ...withoutLost, "--dot");
  writeFileSync(DRAWING, plan.stdout);
  const text = await jcs("plan", "get", "demo/backup/tree/jcs", ...withoutLost, "--text");
  for (const name of LOST)
    if (text.stdout.includes(`"${name}"`))
      throw new Error(`The plan reads from "${name}", which is destroyed`);
  say(
    `7. How the largest file was read (a drawing is in ${relative(PROJECT, DRAWING)}: dot -Tsvg ${relative(PROJECT, DRAWING)} > plan.svg):`,
  );
  console.log(text.stdout.replace(/^/gm, "     "));
}

function say(line: string): void {
  console.log(line);
}

/** Runs the binary; its errors end the demo. */
async function jcs(...args: readonly string[]) {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: run npm run build`);
  const result = await execa(BINARY, args, {
    env: environment,
    reject: false,
    timeout: 300_000,
    maxBuffer: 1 << 26,
  });
  if (result.exitCode !== 0)
    throw new Error(`jcs ${args.join(" ")} ended with ${result.exitCode}: ${result.stderr}`);
  return result;
}

async function timed(
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly seconds: string }> {
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  return { ms, seconds: (ms / 1000).toFixed(2) };
}

function rate(bytes: number, ms: number): string {
  return `${formatByteSize((bytes / ms) * 1000)}/s`;
}

interface Fingerprint {
  readonly files: number;
  readonly bytes: number;
  /** SHA-256 by path. */
  readonly hashes: ReadonlyMap<string, string>;
}

async function fingerprint(root: string): Promise<Fingerprint> {
  const hashes = new Map<string, string>();
  let bytes = 0;
  for await (const entry of await opendir(root, { recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    bytes += content.length;
    hashes.set(relative(root, path), createHash("sha256").update(content).digest("hex"));
  }
  return { files: hashes.size, bytes, hashes };
}

function compare(expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): void {
  for (const [path, hash] of expected)
    if (found.get(path) !== hash) throw new Error(`"${path}" ${found.has(path) ? "differs" : "is missing"}`);
  for (const path of found.keys())
    if (!expected.has(path)) throw new Error(`"${path}" appeared from nowhere`);
}
