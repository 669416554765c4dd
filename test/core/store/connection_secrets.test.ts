import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapSecrets, parseConnection, redact } from "../../../core/store/connection_string.ts";
import { openStore } from "../../../core/store/open_store.ts";

const PLACE = "s3://bucket/folder?region=eu-1";

const failureOf = (text: string): Error => {
  try {
    parseConnection(text);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("no error");
};

describe("redact", () => {
  test.each([
    [`${PLACE}&credential=hmac:AK:SK`, `${PLACE}&credential=***`],
    [`${PLACE}&credential=env`, `${PLACE}&credential=env`],
    [`${PLACE}&credential=file:/home/me/key`, `${PLACE}&credential=file:/home/me/key`],
    [`${PLACE}&credential=sealed:abc`, `${PLACE}&credential=***`],
    [`${PLACE}&credential=env&credential=hmac:AK:SK`, `${PLACE}&credential=env&credential=***`],
    [`${PLACE}&credential=hmac:AK:S&K`, `${PLACE}&credential=***&***`],
    [`${PLACE}&credential=hmac:AK:S&K=x&retries=1`, `${PLACE}&credential=***&***&retries=1`],
    [`${PLACE}&endpoint=http://AK:SK@host`, `${PLACE}&endpoint=***@host`],
  ])("shows %s as %s", (text, shown) => {
    expect(redact(text)).toBe(shown);
  });
});

describe("mapSecrets", () => {
  test("changes every secret and nothing else, also where a key stands twice", () => {
    const text = `${PLACE}&credential=hmac:AK:S=K&retries&credential=apikey:x&timeout=1s`;
    const seen: string[] = [];
    const sealed = mapSecrets(text, (value, option) => {
      seen.push(`${option.key} ${value}`);
      return `sealed:${seen.length}`;
    });
    expect(sealed).toBe(`${PLACE}&credential=sealed:1&retries&credential=sealed:2&timeout=1s`);
    expect(seen).toEqual(["credential hmac:AK:S=K", "credential apikey:x"]);
    const opened = mapSecrets(sealed, (value) => (value === "sealed:1" ? "hmac:AK:S=K" : "apikey:x"));
    expect(opened).toBe(text);
  });

  test.each(["env", "file:/home/me/key"])("leaves the reference %s alone", (reference) => {
    const text = `${PLACE}&credential=${reference}`;
    expect(mapSecrets(text, () => "changed")).toBe(text);
  });
});

test("a secret that is still sealed is not opened", async () => {
  const text = `${PLACE}&credential=sealed:abc`;
  expect(failureOf(text)).toMatchObject({ kind: "Config" });
  await expect(openStore(text, { environment: {} })).rejects.toThrow(
    `Cannot open "${PLACE}&credential=***": option "credential" is still sealed`,
  );
});

test("a secret with an & in it is not shown by piece", () => {
  const { message } = failureOf(`${PLACE}&credential=hmac:AK:first&second`);
  expect(message).toBe(
    `Cannot open "${PLACE}&credential=***&***": unknown option after "credential"; a value cannot hold "&"`,
  );
});

test("no message shows a secret, whatever is wrong besides", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/&=%@:?]{24,40}$/);
  const wrong = fc.constantFrom("", "&timeout=x", "&nonsense=1", "&endpoint=nowhere/at/all", "&credential=");
  fc.assert(
    fc.property(
      secret,
      wrong,
      fc.constantFrom("hmac:AK:", "apikey:", "basic:me:", ""),
      (text, tail, kind) => {
        const connection = `${PLACE}&credential=${kind}${text}${tail}`;
        let shown = redact(connection);
        try {
          parseConnection(connection);
        } catch (error) {
          shown += String(error);
        }
        // No piece between two delimiters may show; short ones stand in other words by chance.
        for (const piece of text.split(/[&=]/))
          if (piece.length > 5) expect(shown.includes(piece)).toBe(false);
      },
    ),
  );
});
