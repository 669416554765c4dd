#!/usr/bin/env node
// Makes a clean checkout ready to run: installs what package-lock.json names when that was not done yet. With `--test` also installs
// the real servers that tests need (test/servers/servers.json) where it may, and says which tests will be skipped where it may not.
// Quick when there is nothing to do. Needs nothing but Node 20 and npm.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NPM_TIMEOUT_MS = 10 * 60_000;
const APT_UPDATE_TIMEOUT_MS = 3 * 60_000;
const APT_INSTALL_TIMEOUT_MS = 10 * 60_000;

prepareModules();
if (process.argv.includes("--test")) prepareServers();

/** Runs `npm ci` unless node_modules is as new as the lock file. A node_modules that is a link belongs to somebody else. */
function prepareModules() {
  const modules = join(ROOT, "node_modules");
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const installed = statSync(join(modules, ".package-lock.json"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (installed < statSync(join(ROOT, "package-lock.json")).mtimeMs) {
    console.log("prepare: npm ci");
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], NPM_TIMEOUT_MS);
  }
  // Where npm runs no install scripts, bun's own step is still to be done.
  const bun = join(modules, ".bin", "bun");
  if (spawnSync(bun, ["--version"], { timeout: 60_000 }).status !== 0) {
    run(process.execPath, [join(modules, "bun", "install.js")], NPM_TIMEOUT_MS);
  }
}

/** Installs the servers that are missing where this is root's Debian or Ubuntu; elsewhere lists what will be skipped. */
function prepareServers() {
  const servers = JSON.parse(readFileSync(join(ROOT, "test", "servers", "servers.json"), "utf8"));
  let missing = servers.filter(isMissing);
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync("/etc/debian_version") && isOnPath("apt-get")) {
    const packages = missing.flatMap((server) => server.packages);
    console.log(`prepare: apt-get install ${packages.join(" ")}`);
    const isUpdated = attempt("apt-get", ["update", "-qq"], APT_UPDATE_TIMEOUT_MS);
    if (!isUpdated) console.log("prepare: the package lists are not up to date");
    attempt(
      "apt-get",
      ["install", "-y", "-qq", "--no-install-recommends", ...packages],
      APT_INSTALL_TIMEOUT_MS,
    );
    missing = servers.filter(isMissing);
    if (missing.length === 0) return;
  }
  for (const server of missing) {
    const binaries = server.binaries.filter((binary) => !isOnPath(binary)).join(", ");
    console.log(
      `prepare: tests against ${server.name} (${server.what}) will be skipped: ${binaries} missing`,
    );
  }
  console.log(`prepare: ${missing.length} of ${servers.length} servers missing`);
  if (process.env.CI === "true") {
    console.error("prepare: with CI=true every server has to be there");
    process.exit(1);
  }
}

function isMissing(server) {
  return !server.binaries.every(isOnPath);
}

function isOnPath(binary) {
  const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  return folders.some((folder) => {
    try {
      accessSync(join(folder, binary), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}

/** Runs a program quietly; when it fails, shows what it said and ends. */
function run(program, args, timeoutMs) {
  if (!attempt(program, args, timeoutMs)) process.exit(1);
}

/** Runs a program quietly and says whether it succeeded; shows what it said when it did not. */
function attempt(program, args, timeoutMs) {
  const result = spawnSync(program, args, {
    cwd: ROOT,
    encoding: "utf8",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (result.status === 0) return true;
  const state = result.error?.message ?? `status ${result.status ?? result.signal}`;
  const lines = `${result.stdout ?? ""}${result.stderr ?? ""}`.trimEnd().split("\n");
  const shown = lines.length > 40 ? [...lines.slice(0, 20), "…", ...lines.slice(-20)] : lines;
  console.error(`${shown.join("\n")}\nprepare: Cannot run "${program} ${args.join(" ")}": ${state}`);
  return false;
}
