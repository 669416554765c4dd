import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeName } from "../../../../../core/store/encoded_name.ts";
import { encodePath, faultOf, nameOf } from "../../../../../core/store/services/onedrive/onedrive_names.ts";
import { checkName } from "../../../../servers/fake_onedrive_tree.ts";

test("leaves names alone that the service takes", () => {
  const path = "jcs/blocks/0a/01J.7 (1)/con.txt/a~b/_vt/forms/Übung 数据/lock/#%&+";
  expect(encodePath(path)).toBe(path);
});

test("encodes one character of what the service refuses", () => {
  for (const [path, file] of [
    ["CON/nul/Com7", "‛43ON/‛6Eul/‛43om7"],
    [".lock/desktop.INI", "‛2Elock/‛64esktop.INI"],
    ["Forms/forms", "‛46orms/forms"],
    ["a_VTI_b", "a‛5FVTI_b"],
    ["~$a/ b /c..", "‛7E$a/‛20b‛20/c.‛2E"],
    ["a:b*c", "a‛3Ab‛2Ac"],
    ["‛41", "‛E2‛80‛9B41"],
  ] as const) {
    expect(encodePath(path)).toBe(file);
    expect(decodeName(file)).toBe(path);
  }
});

test("any path is in names that the service takes, and is read back", () => {
  const piece = fc.constantFrom(
    ...'~. _"*:<>?|#%‛4',
    "con",
    "vti_",
    "_vti_",
    "forms",
    "aux",
    "lpt0",
    ".lock",
    "é",
    "\n",
  );
  const name = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (names) => {
      fc.pre(names.every((each) => each !== "." && each !== ".."));
      const file = encodePath(names.join("/"));
      const encoded = file.split("/");
      expect(encoded).toHaveLength(names.length);
      for (const [depth, each] of encoded.entries()) {
        checkName(each, depth === 0);
        expect(nameOf(each, encoded.slice(0, depth).join("/"))).toBe(names[depth]);
      }
    }),
    { numRuns: 500 },
  );
});

test("has no path for names that no operation could reach", () => {
  for (const name of ["‛41", "‛2E", "‛2E‛2E", "a‛2Fb", "a‛5Cb", "‛00", `.jcs-${"0".repeat(20)}.tmp`]) {
    expect(nameOf(name, "folder"), name).toBeUndefined();
  }
  expect(nameOf("a‛", "folder")).toBe("a‛");
});

test("counts characters", () => {
  expect(faultOf(`${"é".repeat(200)}/${"é".repeat(199)}`)).toBeUndefined();
  expect(faultOf(`${"é".repeat(200)}/${"é".repeat(200)}`)).toMatch(/400/);
  expect(faultOf("é".repeat(256))).toMatch(/255/);
});
