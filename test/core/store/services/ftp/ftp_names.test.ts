import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFtpName, encodeFtpName } from "../../../../../core/store/services/ftp/ftp_names.ts";

test("what has a meaning in a command is encoded, and nothing else", () => {
  const pairs: readonly (readonly [string, string])[] = [
    ["plain name.txt", "plain name.txt"],
    ["new\r\nDELE x", "new%0D%0ADELE x"],
    [" both ", "%20both%20"],
    ["*", "%2A"],
    ["100%", "100%"],
    ["50%2F", "50%2F"],
    ["%0A", "%250A"],
    ["%25", "%2525"],
    ["é 🗄️", "é 🗄️"],
  ];
  for (const [name, encoded] of pairs) {
    expect(encodeFtpName(name)).toBe(encoded);
    expect(decodeFtpName(encoded)).toBe(name);
  }
});

test("every name comes back, and no command could break out of its line", () => {
  const piece = fc.constantFrom("%", "2", "0", "5", "A", "D", " ", "\n", "\r", "*", "x", "\x7f");
  const name = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(name, (text) => {
      const encoded = encodeFtpName(text);
      expect(decodeFtpName(encoded)).toBe(text);
      expect(encoded).not.toMatch(/[\r\n\0*]|^ | $/);
    }),
  );
});
