import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { quickXorHash } from "../../../../../core/store/services/onedrive/quick_xor_hash.ts";
import { plainQuickXorHash } from "../../../../servers/plain_quick_xor_hash.ts";

function hashOf(...pieces: readonly Uint8Array[]): string {
  const hash = quickXorHash();
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

// Published with rclone's tests, computed by Microsoft's own code.
const VECTORS = [
  ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="],
  ["Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="],
  ["tbQ=", "taAFAAAAAAAAAAAAAgAAAAAAAAA="],
  ["jRRDVA==", "jaDAEKgAAAAAAAAABAAAAAAAAAA="],
  ["luBZlaT6", "lgBHFipBCn0AAAAABgAAAAAAAAA="],
  ["n6Neh7p6fFgm", "nxiFFw6hCz3wAQsmCQAAAAAAAAA="],
  ["XoJ1AsoR4fDYJrDqYs4=", "XhBEHQSgjAiEAx7YPgEs1CEGZwA="],
  ["2fuxhBJXtpWFe8dOfdGeHw==", "O9tHLAghgSvYohKFyMMxnNCHaHg="],
  ["T6LYJIfDh81JrAK309H2JMJTXis=", "zBTHrspn3mEcohlJdIUAbjGNaNg="],
] as const;

test("is what Microsoft's own code says of the published inputs, and so is the plain one", () => {
  for (const [input, hash] of VECTORS) {
    const bytes = Buffer.from(input, "base64");
    expect(hashOf(bytes)).toBe(hash);
    expect(plainQuickXorHash(bytes)).toBe(hash);
  }
});

test("is what the description says, for every length around the period, in whatever pieces", () => {
  for (const length of [159, 160, 161, 319, 320, 321, 1000, 5003, 70_001]) {
    const bytes = randomBytes(length + 3);
    for (const offset of [0, 1, 3]) {
      const view = bytes.subarray(offset, offset + length);
      const hash = plainQuickXorHash(view);
      expect(hashOf(view), `${length} from ${offset}`).toBe(hash);
      for (const cut of [0, 1, 37, 158, 160, 161, 500]) {
        const middle = view.subarray(cut, 2 * cut + 1);
        expect(hashOf(view.subarray(0, cut), middle, view.subarray(2 * cut + 1)), `${length} at ${cut}`).toBe(
          hash,
        );
      }
    }
  }
});
