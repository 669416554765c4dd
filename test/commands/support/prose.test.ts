import { expect, it } from "vitest";
import { prose } from "../../../commands/support/prose.ts";

it("joins lines and keeps paragraphs and lists", () => {
  expect(prose("\none\ntwo\n\nthree\nfour:\n  a  x\n  b\n\nfive\n")).toBe(
    "one two\n\nthree four:\n  a  x\n  b\n\nfive",
  );
});
