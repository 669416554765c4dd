import { mkdtemp, readdir, readFile, rm, stat, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OauthTokens, oauthTokens } from "../../../../core/store/oauth/oauth_tokens.ts";
import { type Credential, parseOptionValue } from "../../../../core/store/option_value.ts";
import { type FakeTokenServer, startFakeTokenServer } from "../../../servers/fake_token_server.ts";

const INFO = { service: "dropbox", name: "", workDirectory: "/" };
const CALL = { operation: "stat", path: "a" };
const PAST = "2020-01-02T03:04:05.123456789+01:00";
const SECRETS = /access-token|refresh-token|app-secret/;
let server: FakeTokenServer;
let folder: string;
const opened: OauthTokens[] = [];

beforeEach(async () => {
  server = await startFakeTokenServer();
  folder = await mkdtemp(join(tmpdir(), "jcs-oauth-"));
});
afterEach(async () => {
  for (const tokens of opened.splice(0)) tokens.close();
  await server.close();
  await rm(folder, { recursive: true });
});

function tokenJson(fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    access_token: "access-token-old",
    token_type: "bearer",
    refresh_token: server.refreshToken,
    expiry: PAST,
    client_id: server.clientId,
    client_secret: server.clientSecret,
    ...fields,
  });
}

async function writeToken(
  fields: Readonly<Record<string, unknown>> = {},
  name = "token.json",
): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, tokenJson(fields), { mode: 0o644 });
  return file;
}

async function open(
  credential: string | undefined,
  options: {
    readonly environment?: Record<string, string>;
    readonly clientId?: string;
    readonly tokenUrl?: string;
  } = {},
): Promise<OauthTokens> {
  const { environment = {}, clientId, tokenUrl = server.url } = options;
  const parsed: Credential | undefined =
    credential === undefined ? undefined : parseOptionValue("credential", credential);
  const provider = { name: "Fake", tokenUrl, clientId, rcloneName: "fake" };
  const tokens = await oauthTokens(INFO, { credential: parsed, provider, environment });
  opened.push(tokens);
  return tokens;
}

const base64 = (text: string) => `base64:${Buffer.from(text).toString("base64")}`;
const fileFields = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(file, "utf8"));

test("renews once for all that wait, and keeps the token until it expires", async () => {
  const tokens = await open(base64(tokenJson()));
  const headers = await Promise.all(Array.from({ length: 10 }, () => tokens.authorization(CALL)));
  expect(new Set(headers).size).toBe(1);
  expect(server.tokens.has(headers[0]?.slice("Bearer ".length) ?? "")).toBe(true);
  expect(await tokens.authorization(CALL)).toBe(headers[0]);
  expect(server.requests).toBe(1);
});

test("uses a token that is good without asking anybody, and renews one that is about to expire", async () => {
  const later = await open(base64(tokenJson({ expiry: new Date(Date.now() + 300_000).toISOString() })));
  expect(await later.authorization(CALL)).toBe("Bearer access-token-old");
  for (const fields of [
    { expiry: undefined },
    { expiry: "0001-01-01T00:00:00Z" },
    { expires_in: 1, expiry: "" },
  ]) {
    const never = await open(base64(tokenJson(fields)));
    expect(await never.authorization(CALL)).toBe("Bearer access-token-old");
  }
  expect(server.requests).toBe(0);
  const seconds = Math.floor(Date.now() / 1000);
  for (const fields of [
    { expiry: new Date(Date.now() + 5000).toISOString() },
    { expiry: undefined, expires_at: seconds + 5 },
    { expiry: undefined, expires_at: PAST },
    { access_token: undefined },
  ]) {
    const soon = await open(base64(tokenJson(fields)));
    expect(await soon.authorization(CALL)).not.toContain("old");
  }
  expect(server.requests).toBe(4);
});

test("a lifetime in a file counts from when it was written", async () => {
  const file = await writeToken({ expiry: undefined, expires_in: 3600 });
  expect(await (await open(`file:${file}`)).authorization(CALL)).toBe("Bearer access-token-old");
  const before = new Date(Date.now() - 3600_000);
  await utimes(file, before, before);
  expect(await (await open(`file:${file}`)).authorization(CALL)).not.toContain("old");
  expect(await fileFields(file)).toMatchObject({ expires_in: 14_400, expiry: expect.any(String) });
});

test("rewrites the file for its owner only, at once, and keeps what it does not know", async () => {
  server.rotates = true;
  const file = await writeToken({ note: { kept: [1] }, drive_id: "d", expires_at: 5 });
  await symlink(file, join(folder, "link.json"));
  const tokens = await open(`file:${join(folder, "link.json")}`);
  const header = await tokens.authorization(CALL);
  expect(await fileFields(file)).toMatchObject({
    access_token: header.slice("Bearer ".length),
    refresh_token: server.refreshToken,
    note: { kept: [1] },
    drive_id: "d",
    client_id: server.clientId,
    expires_at: expect.any(Number),
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).sort()).toEqual(["link.json", "token.json"]);
  // The next one needs nobody.
  expect(await (await open(`file:${file}`)).authorization(CALL)).toBe(header);
  expect(server.requests).toBe(1);
});

test("takes what rclone authorize prints, a bare token, and the environment", async () => {
  const file = join(folder, "pasted");
  await writeFile(file, `Paste the following into your remote machine --->\n${tokenJson()}\n<---End paste\n`);
  expect(await (await open(`file:${file}`)).authorization(CALL)).not.toContain("old");
  expect(await fileFields(file)).toMatchObject({ refresh_token: server.refreshToken });
  for (const credential of ["env", undefined]) {
    const bare = await open(credential, { environment: { JCS_DROPBOX_TOKEN: "access-token-bare" } });
    expect(await bare.authorization(CALL)).toBe("Bearer access-token-bare");
    expect(bare.refused("Bearer access-token-bare")).toBe(false);
    const whole = await open(credential, { environment: { JCS_DROPBOX_TOKEN: tokenJson() } });
    expect(await whole.authorization(CALL)).not.toContain("old");
  }
  expect(await (await open("apikey:access-token-key")).authorization(CALL)).toBe("Bearer access-token-key");
});

test("a refused token is replaced, once for all that were refused", async () => {
  const tokens = await open(`file:${await writeToken({ expiry: undefined })}`);
  const [first, second] = await Promise.all([tokens.authorization(CALL), tokens.authorization(CALL)]);
  expect(tokens.refused(first)).toBe(true);
  const next = await tokens.authorization(CALL);
  expect(next).not.toBe(first);
  expect(tokens.refused(second)).toBe(true);
  expect(await tokens.authorization(CALL)).toBe(next);
  expect(server.requests).toBe(1);
});

test("takes the token that another process has put into the file meanwhile", async () => {
  const file = await writeToken({ expiry: undefined, refresh_token: undefined });
  const tokens = await open(`file:${file}`);
  const header = await tokens.authorization(CALL);
  await writeToken({ access_token: "access-token-new", expiry: undefined, refresh_token: undefined });
  expect(tokens.refused(header)).toBe(true);
  expect(await tokens.authorization(CALL)).toBe("Bearer access-token-new");
  expect(server.requests).toBe(0);
});

test("processes that share a file lose no refresh token", async () => {
  server.rotates = true;
  const file = await writeToken();
  const script = join(import.meta.dirname, "renewing_process.ts");
  const run = () => execa(process.execPath, [script, file, server.url, "6"], { timeout: 20_000 });
  const results = await Promise.all([run(), run(), run()]);
  for (const { stdout } of results) expect(stdout).toMatch(/^Bearer access-token-[0-9a-f]+$/);
  expect((await fileFields(file))["refresh_token"]).toBe(server.refreshToken);
  expect(server.requests).toBeGreaterThanOrEqual(6);
  expect(await readdir(folder)).toEqual(["token.json"]);
});

test("the lock of a process that died holds nobody up for long", async () => {
  const file = await writeToken();
  await writeFile(`${file}.lock`, "");
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(`${file}.lock`, longAgo, longAgo);
  expect(await (await open(`file:${file}`)).authorization(CALL)).not.toContain("old");
  expect(await readdir(folder)).toEqual(["token.json"]);
});

test("waits for a process that renews, and uses what it wrote", async () => {
  const file = await writeToken();
  await writeFile(`${file}.lock`, "");
  const tokens = await open(`file:${file}`);
  const waiting = tokens.authorization(CALL);
  const expiry = new Date(Date.now() + 3600_000).toISOString();
  await writeToken({ access_token: "access-token-theirs", expiry });
  await unlink(`${file}.lock`);
  expect(await waiting).toBe("Bearer access-token-theirs");
  expect(server.requests).toBe(0);
});

test("a file that cannot be rewritten is no obstacle, and a new refresh token is kept in memory", async () => {
  server.rotates = true;
  // Names that are too long for the lock, or only for the new file, beside them.
  for (const length of [252, 240]) {
    const tokens = await open(`file:${await writeToken({}, "x".repeat(length))}`);
    for (let round = 0; round < 3; round++) {
      const header = await tokens.authorization(CALL);
      expect(server.tokens.has(header.slice("Bearer ".length))).toBe(true);
      tokens.refused(header);
    }
  }
  expect(server.requests).toBe(6);
});

test("a login that has ended says so, with a way out and without a secret", async () => {
  const file = await writeToken({ refresh_token: "refresh-token-revoked" });
  const tokens = await open(`file:${file}`);
  const none = await open(`file:${await writeToken({ refresh_token: undefined }, "b.json")}`);
  for (const [each, words] of [
    [tokens, /Fake refuses the credential \(invalid_grant\)/],
    [none, /there is no refresh token/],
  ] as const) {
    const error = await each.authorization(CALL).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: "PermissionDenied",
      retry: "never",
      message: expect.stringMatching(/log in again.*rclone authorize fake.*json"$/),
    });
    expect(String(error)).toMatch(words);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(SECRETS);
  }
  expect(await fileFields(file)).toMatchObject({ refresh_token: "refresh-token-revoked" });
});

test("a token server that is down is Unreachable and asked again", async () => {
  const tokens = await open(base64(tokenJson()));
  const later = { kind: "Unreachable", retry: "later" };
  for (const [answer, meant] of [
    ["lose", later],
    [{ status: 502, body: "<html>Bad gateway</html>" }, later],
    [
      { status: 429, body: "{}", headers: { "retry-after": "4" } },
      { kind: "Throttled", retryAfterMs: 4000 },
    ],
    [{ status: 302, body: "", headers: { location: "https://example.com/" } }, { kind: "Config" }],
  ] as const) {
    server.intercept = () => answer;
    await expect(tokens.authorization(CALL)).rejects.toMatchObject(meant);
  }
  server.intercept = () => undefined;
  expect(await tokens.authorization(CALL)).toMatch(/^Bearer access-token/);
  await server.close();
  const nobody = await open(base64(tokenJson()));
  await expect(nobody.authorization(CALL)).rejects.toMatchObject(later);
});

test("hostile answers are bounded, and none of them becomes a header or part of a message", async () => {
  const token = (fields: unknown) => ({ status: 200, body: JSON.stringify(fields) });
  for (const [answer, kind] of [
    [token({}), "Unexpected"],
    [token({ access_token: "a\r\nx-injected: 1", expires_in: 10 }), "Unexpected"],
    [token({ access_token: "x".repeat(40_000) }), "Unexpected"],
    [{ status: 200, body: "x".repeat(1_000_000) }, "Unexpected"],
    [{ status: 200, body: "<html>" }, "Unexpected"],
    [{ status: 400, body: JSON.stringify({ error: "refresh-token-1 is bad" }) }, "PermissionDenied"],
    [{ status: 400, body: JSON.stringify({ error_description: "app-secret-1" }) }, "PermissionDenied"],
  ] as const) {
    server.intercept = () => answer;
    const error = await (await open(base64(tokenJson())))
      .authorization(CALL)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(
      /access-token|refresh-token|app-secret|injected/,
    );
  }
  // A lifetime that makes no sense is an hour.
  for (const expires_in of [-5, "x", 1e300, null]) {
    server.intercept = () => token({ access_token: "access-token-x", expires_in });
    const tokens = await open(base64(tokenJson()));
    expect(await tokens.authorization(CALL)).toBe("Bearer access-token-x");
    expect(await tokens.authorization(CALL)).toBe("Bearer access-token-x");
  }
});

test("one who cancels waits no longer, and the others get their token", async () => {
  let go = () => {};
  const gate = new Promise<undefined>((resolve) => {
    go = () => resolve(undefined);
  });
  const asked = new Promise<void>((resolve) => {
    server.intercept = () => {
      resolve();
      return gate;
    };
  });
  const tokens = await open(base64(tokenJson()));
  const control = new AbortController();
  const cancelled = tokens.authorization({ ...CALL, signal: control.signal });
  const other = tokens.authorization(CALL);
  await asked;
  control.abort();
  await expect(cancelled).rejects.toMatchObject({ kind: "Cancelled" });
  go();
  expect(await other).toMatch(/^Bearer/);
  expect(server.requests).toBe(1);
});

test("closing ends a request to the token server", async () => {
  const asked = new Promise<void>((resolve) => {
    server.intercept = () => {
      resolve();
      return new Promise(() => {});
    };
  });
  const tokens = await open(base64(tokenJson()));
  const waiting = tokens.authorization(CALL);
  waiting.catch(() => {});
  await asked;
  tokens.close();
  await expect(waiting).rejects.toMatchObject({ kind: "Unreachable" });
});

test("says what is wrong with a credential, without quoting it", async () => {
  const wrong = join(folder, "wrong");
  for (const content of [
    "",
    "{",
    "[]",
    '{"token":"app-secret-1"}',
    "[remote]\ntoken = {}",
    "x".repeat(70_000),
  ]) {
    await writeFile(wrong, content);
    const error = await open(`file:${wrong}`).catch((thrown: unknown) => thrown);
    expect(error, content.slice(0, 20)).toMatchObject({ kind: "Config" });
    expect(inspect(error, { depth: 20 })).not.toContain("app-secret-1");
  }
  await expect(open(`file:${join(folder, "none")}`)).rejects.toMatchObject({ kind: "Config" });
  await expect(open(`file:${folder}`)).rejects.toMatchObject({ kind: "Config" });
  await expect(open("env")).rejects.toMatchObject({
    kind: "Config",
    message: expect.stringMatching(/JCS_DROPBOX_TOKEN/),
  });
  await expect(open(base64(tokenJson({ token_type: "mac" })))).rejects.toMatchObject({ kind: "Config" });
  await expect(open("hmac:a:b")).rejects.toMatchObject({ kind: "Usage" });
  await expect(open("apikey:x", { tokenUrl: "http://example.com/" })).rejects.toMatchObject({
    kind: "Usage",
  });
});

test("the user's own app counts before the one in the token, and none at all is Config", async () => {
  const own = await open(base64(tokenJson()), { clientId: "app-2" });
  await expect(own.authorization(CALL)).rejects.toMatchObject({
    kind: "PermissionDenied",
    message: expect.stringMatching(/invalid_client/),
  });
  const nobody = await open(base64(tokenJson({ client_id: undefined })));
  await expect(nobody.authorization(CALL)).rejects.toMatchObject({
    kind: "Config",
    message: expect.stringMatching(/client_id/),
  });
});
