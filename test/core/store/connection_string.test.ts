import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatConnection,
  mapSecrets,
  parseConnection,
  redact,
} from "../../../core/store/connection_string.ts";
import { isSecretValue, parseOptionValue } from "../../../core/store/option_value.ts";

const message = (text: string): string => {
  try {
    parseConnection(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

describe("parseConnection", () => {
  test("takes service, name, work directory and options apart", () => {
    expect(parseConnection("memory://a/b/c?capacity=1KiB&retries=0")).toEqual({
      service: "memory",
      name: "a",
      workDirectory: "/b/c/",
      options: new Map([
        ["capacity", "1KiB"],
        ["retries", "0"],
      ]),
    });
  });

  test.each([
    ["memory://", "", "/"],
    ["memory:///", "", "/"],
    ["memory://a", "a", "/"],
    ["memory://a/", "a", "/"],
    ["memory://a?", "a", "/"],
    ["fs:///srv/disk 1/", "", "/srv/disk 1/"],
    ["fs:///srv\\disk", "", "/srv/disk/"],
  ])("reads %s", (text, name, workDirectory) => {
    expect(parseConnection(text)).toMatchObject({ name, workDirectory });
  });

  test("takes a key without a value for true, and of a key that stands twice the first", () => {
    expect(parseConnection("fs:///a?sync&sync=false").options.get("sync")).toBe("true");
  });

  test.each([
    [
      "fs:///a?colour=red",
      'Cannot open "fs:///a?colour=***": unknown option "colour"; the options are sync, ',
    ],
    [
      "fs:///a?concurency=4",
      'unknown option "concurency"; did you mean "concurrency"? the options are sync, ',
    ],
    ["swift://a", 'unknown service "swift"; the services are '],
    ["webdv://a", 'unknown service "webdv"; did you mean "webdav"? the services are '],
    [
      "/srv/disk",
      "must have the form SERVICE://NAME/DIRECTORY?OPTION=VALUE, for example fs:///srv/disk1 or ",
    ],
    ["fs:///a/../b", 'it holds ".."'],
    ["fs:///a?timeout=10", 'option "timeout" must be a duration such as "10s"'],
    ["fs:///a?concurrency=many", 'option "concurrency" must be a whole number'],
    ["fs:///a?sync=maybe", 'option "sync" must be true or false'],
    ["memory://a?capacity=lots", 'option "capacity" must be a size such as'],
    ["memory://ak:sk@a", "credentials stand in an option"],
  ])("refuses %s", (text, expected) => {
    expect(message(text)).toContain(expected);
  });

  test("gives back what it formats", () => {
    for (const text of ["fs:///srv/a?sync=false&retries=2", "memory://a/b", "memory://a?capacity=1GiB"]) {
      expect(formatConnection(parseConnection(text))).toBe(text);
    }
  });
});

describe("redact", () => {
  test.each([
    ["memory://a/b?capacity=1KiB", "memory://a/b?capacity=1KiB"],
    ["memory://AK:SK/x@a/b", "memory://***@a/b"],
    ["memory://AK:SK/b", "memory://***/b"],
    ["memory://a?token=abc", "memory://a?token=***"],
    ["memory://a?capacity=http://u:p@host", "memory://a?capacity=***@host"],
    ["hmac:AK:SK", "***"],
    ["SECRET://", "***"],
  ])("shows %s as %s", (text, shown) => {
    expect(redact(text)).toBe(shown);
  });
});

test("mapSecrets leaves a text without secrets alone and refuses what it does not know", () => {
  const sealed = (value: string) => `sealed:${value.length}`;
  expect(mapSecrets("memory://a/b?capacity=1KiB&retries", sealed)).toBe("memory://a/b?capacity=1KiB&retries");
  expect(() => mapSecrets("unknown://a?credential=hmac:AK:SK", sealed)).toThrow(
    'Cannot find the secrets of "unknown://a?credential=***": unknown service',
  );
});

test("no text makes a message that holds a value of an unknown option", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 12 }),
      fc.constantFrom("fs:///a", "x://a", "memory://a"),
      (secret, place) => {
        const text = `${place}?credential=hmac:${secret.replaceAll("&", "")}`;
        const shown = message(text);
        expect(shown).not.toBe("");
        expect(shown.includes(secret.replaceAll("&", ""))).toBe(false);
      },
    ),
  );
});

describe("option values", () => {
  test.each([
    ["hmac:AK:S:K", { kind: "hmac", accessKey: "AK", secretKey: "S:K" }],
    ["apikey:abc", { kind: "apikey", key: "abc" }],
    ["basic:me:pass:word", { kind: "basic", user: "me", password: "pass:word" }],
    ["basic:me:", { kind: "basic", user: "me", password: "" }],
    ["file:/etc/key", { kind: "file", path: "/etc/key" }],
    ["env", { kind: "env" }],
    ["base64:aGk=", { kind: "base64", content: new Uint8Array([104, 105]) }],
    ["hmac:AK", undefined],
    ["hmac::SK", undefined],
    ["base64:?", undefined],
    ["AK:SK", undefined],
    ["", undefined],
  ])("reads the credential %s", (text, value) => {
    expect(parseOptionValue("credential", text)).toEqual(value);
  });

  test.each([
    ["http:h", { protocol: "http", host: "h", port: 80, url: "http://h:80" }],
    ["https:H.example", { protocol: "https", host: "h.example", port: 443, url: "https://h.example:443" }],
    [
      "http://127.0.0.1:9000/",
      { protocol: "http", host: "127.0.0.1", port: 9000, url: "http://127.0.0.1:9000" },
    ],
    ["https:[::1]:8443", { protocol: "https", host: "[::1]", port: 8443, url: "https://[::1]:8443" }],
    ["ftp:h", undefined],
    ["https://u:p@h", undefined],
    ["https://h/path", undefined],
    ["https:h:99999", undefined],
  ])("reads the endpoint %s", (text, value) => {
    expect(parseOptionValue("endpoint", text)).toEqual(value);
  });

  test("a credential is a secret unless it says where the secret is", () => {
    const option = { key: "credential", type: "credential", help: "" } as const;
    expect(
      ["env", "file:/a", "hmac:A:B", "sealed:x", "nonsense"].map((text) => isSecretValue(option, text)),
    ).toEqual([false, false, true, true, true]);
  });
});
