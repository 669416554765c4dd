import { expect, test } from "vitest";
import { createNameClaims } from "../../../../commands/support/native/name_claims.ts";
import type { NativeClient } from "../../../../core/native_client.ts";

function claimsOf(caseSensitive: boolean, several: boolean) {
  const native = { about: async () => ({ capabilities: { caseSensitive } }) } as unknown as NativeClient;
  const claims = createNameClaims(native, { several });
  return (path: string) => claims.claim({ space: "s", path });
}

test("several sources cannot write one name, and differ in letter case where the service does", async () => {
  const claim = claimsOf(true, true);
  await claim("a/b");
  await claim("A/b");
  await expect(claim("a/b")).rejects.toMatchObject({ kind: "AlreadyExists" });
  await expect(claim("a\\b")).rejects.toMatchObject({ kind: "AlreadyExists" });
});

test("letter case makes no difference where the service makes none", async () => {
  const claim = claimsOf(false, false);
  await claim("a/\u00fc");
  await claim("a/x");
  await expect(claim("A/U\u0308")).rejects.toMatchObject({
    kind: "AlreadyExists",
    message: expect.stringContaining("does not tell the two names apart"),
  });
});

test("nothing is remembered where no two names can be the same", async () => {
  const claim = claimsOf(true, false);
  await claim("a");
  await claim("a");
});
