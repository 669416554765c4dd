import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isSealed, seal, unseal } from "../../../core/secrets/seal.ts";

const key = randomBytes(32);

test("what is sealed opens again, and never looks the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const sealed = seal(text, key);
      expect(sealed).toMatch(/^sealed:v1:[A-Za-z0-9_-]+$/);
      expect(isSealed(sealed)).toBe(true);
      expect(unseal(sealed, key)).toBe(text);
      expect(seal(text, key)).not.toBe(sealed);
    }),
  );
});

/** Sealed by the first version with a key of 32 bytes 0x07: every later version must open it. */
const GOLDEN = "sealed:v1:AAECAwQFBgcICQoLcOyIEydIkgAziJX9xnwbOVdO0s3xdn2gyLLUywR1lq0rETo";

test("the golden secret opens", () => {
  expect(unseal(GOLDEN, new Uint8Array(32).fill(7))).toBe("hmac:AKID:pa$$wörd");
});

test("another key, a changed or a cut text is refused, and nothing of the secret is told", () => {
  const sealed = seal("top secret", key);
  const body = sealed.slice("sealed:v1:".length);
  const broken = Array.from({ length: body.length }, (_, at) => {
    const bytes = Buffer.from(body, "base64url");
    const index = at % bytes.length;
    bytes[index] = (bytes[index] ?? 0) ^ 0x10;
    return `sealed:v1:${bytes.toString("base64url")}`;
  });
  const cut = [0, 1, 20, 30, body.length - 4].map((length) => `sealed:v1:${body.slice(0, length)}`);
  const tries = [...broken, ...cut].map((text) => () => unseal(text, key));
  for (const attempt of [...tries, () => unseal(sealed, randomBytes(32))]) {
    let error: unknown;
    try {
      attempt();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ kind: "Config", message: expect.stringContaining("secret.key") });
    expect(String(error)).not.toContain("top secret");
    expect((error as Error).cause).toBeUndefined();
  }
});

test("plain text is refused without being shown", () => {
  expect(() => unseal("hmac:a:b", key)).toThrow(/does not start with "sealed:v1:"/);
  expect(isSealed("hmac:a:b")).toBe(false);
});
