import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeName, encodeName } from "../../../core/store/encoded_name.ts";

const REFUSED = /[\u0000-\u001f:]|\.(?=\/|$)/g;

test("encodes what is refused, and nothing else", () => {
  expect(encodeName("plain/näme.txt", REFUSED)).toBe("plain/näme.txt");
  expect(encodeName("a:b/c./.", REFUSED)).toBe("a\u201b3Ab/c\u201b2E/\u201b2E");
  expect(encodeName("quote \u201b and \u201b3A", REFUSED)).toBe(
    "quote \u201b and \u201bE2\u201b80\u201b9B3A",
  );
});

test("gives back every name, and no two names become one", () => {
  const unit = fc.constantFrom("a", ".", ":", "/", "\u201b", "2", "E", "A", "\n", "é", "🗄", "%");
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 24 }), (units) => {
      const name = units.join("");
      const encoded = encodeName(name, REFUSED);
      expect(encoded).not.toMatch(new RegExp(REFUSED.source));
      expect(decodeName(encoded)).toBe(name);
    }),
  );
});

test("leaves alone what stands for no text", () => {
  expect(decodeName("a\u201bFF")).toBe("a\u201bFF");
  expect(decodeName("a\u201bzz\u201b")).toBe("a\u201bzz\u201b");
});
