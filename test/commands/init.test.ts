import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_CONFIG } from "../../core/config/default_config.ts";
import { loadConfig } from "../../core/config/load_config.ts";
import { onTerminal } from "../cli/on_terminal.ts";
import { spawnProgram } from "../cli/spawn_program.ts";

const FILES = [
  "ca_cert.pem",
  "ca_key.pem",
  "client_cert.pem",
  "client_key.pem",
  "config.json",
  "server_cert.pem",
  "server_key.pem",
];

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "jcs-init-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const init = (...argv: readonly string[]) =>
  spawnProgram(["init", ...argv], { environment: { JCS_HOME: home } });
const mode = (name: string) => statSync(join(home, name)).mode & 0o777;

test("without a terminal it writes what is needed, with defaults, and says what", async () => {
  const { status, stdout, stderr } = await init();
  expect(status).toBe(0);
  expect(readdirSync(home).sort()).toEqual(FILES);
  for (const name of FILES) {
    expect(stdout).toContain(join(home, name));
    expect(mode(name)).toBe(name.endsWith("_key.pem") ? 0o600 : 0o644);
  }
  expect(stderr).toContain("jcs space add");
  const config = await loadConfig(join(home, "config.json"), { required: true });
  expect(config).toEqual({
    ...DEFAULT_CONFIG,
    http: {
      ...DEFAULT_CONFIG.http,
      rootCA: join(home, "ca_cert.pem"),
      serverCert: join(home, "server_cert.pem"),
      serverKey: join(home, "server_key.pem"),
      clientCerts: [join(home, "client_cert.pem")],
    },
  });
});

test("nothing is replaced without --force, and nothing is written then", async () => {
  writeFileSync(join(home, "server_key.pem"), "mine");
  const { status, stderr } = await init("--yes");
  expect(status).toBe(5);
  expect(stderr).toContain("server_key.pem exist");
  expect(readdirSync(home)).toEqual(["server_key.pem"]);
  expect((await init("--yes", "--force")).status).toBe(0);
  expect(readFileSync(join(home, "server_key.pem"), "utf8")).toContain("BEGIN PRIVATE KEY");
  expect(mode("server_key.pem")).toBe(0o600);
});

test("options are taken; a configuration with a password is for its owner only", async () => {
  const directory = join(home, "deep", "er");
  const argv = [
    "--dir",
    directory,
    "--db",
    "mysql://me:p%40ss@db.example.org/jcs",
    "--listen",
    "0.0.0.0:1234",
    "--json",
  ];
  const { status, stdout, stderr } = await init(...argv);
  expect([status, stderr]).toEqual([0, ""]);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => line.path).sort()).toEqual(FILES.map((name) => join(directory, name)));
  expect(stdout).not.toContain("p@ss");
  expect(mode("deep/er/config.json")).toBe(0o600);
  const config = await loadConfig(join(directory, "config.json"));
  expect(config.http.listen).toBe("0.0.0.0:1234");
  expect(config.db).toEqual({
    address: "db.example.org:3306",
    account: "me",
    password: "p@ss",
    databaseName: "jcs",
  });
});

test.each([
  [["--db", "postgres://a:secret@b/c"], "write it as mysql://"],
  [["--listen", "nowhere"], "http.listen"],
])("%j is refused, without showing a secret, and nothing is written", async (argv, message) => {
  const { status, stderr } = await init(...argv);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("secret");
  expect(readdirSync(home)).toEqual([]);
});

test("on a terminal it asks, shows what is wrong, and hides the password", async () => {
  const { saw, type, written, status } = onTerminal(["cli/main.ts", "init"], { JCS_HOME: home });
  await saw("Folder to write to:");
  type("\r");
  await saw("Catalogue");
  type("foo\r");
  await saw("write it as");
  type("\u0015");
  await saw("embedded");
  type("mysql://root@h/dx\u007fb\r");
  await saw("Password of root:");
  type("hush\r");
  await saw("Address for the daemon:");
  type("\r");
  expect(await status).toBe(0);
  expect(written()).not.toContain("hush");
  const config = await loadConfig(join(home, "config.json"), { required: true });
  expect(config.db).toEqual({ address: "h:3306", account: "root", password: "hush", databaseName: "db" });
});

test("Ctrl-C at a question writes nothing", async () => {
  const { saw, type, status } = onTerminal(["cli/main.ts", "init"], { JCS_HOME: home });
  await saw("Folder to write to:");
  type("\u0003");
  expect(await status).toBe(130);
  expect(readdirSync(home)).toEqual([]);
});

test("--yes asks nothing on a terminal, nor does CI", async () => {
  const yes = onTerminal(["cli/main.ts", "init", "--yes"], { JCS_HOME: home });
  expect(await yes.status).toBe(0);
  const ci = onTerminal(["cli/main.ts", "init", "--force"], { JCS_HOME: home, CI: "true" });
  expect(await ci.status).toBe(0);
  expect(yes.written() + ci.written()).not.toContain("Folder to write to");
});
