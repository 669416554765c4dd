import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonError } from "../../../core/config/find_json_error.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("agrees with the parser of the runtime about what is JSON", () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom(...'{}[]",:\\/01-.eEtn \n\t\u0001'),
      (json, at, character) => {
        expect(findJsonError(json)).toBeUndefined();
        const index = at % (json.length + 1);
        for (const text of [
          json.slice(0, index) + json.slice(index + 1),
          json.slice(0, index) + character + json.slice(index),
          json.slice(0, index) + character + json.slice(index + 1),
        ]) {
          expect(findJsonError(text) === undefined, JSON.stringify(text)).toBe(isJson(text));
        }
      },
    ),
    { numRuns: 2000 },
  );
});
