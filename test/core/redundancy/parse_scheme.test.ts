import { expect, test } from "vitest";
import { formatScheme, parseScheme } from "../../../core/redundancy/parse_scheme.ts";

test.each(["none", "auto", "rep:2", "rep:3", "ec:2+1", "ec:4+2", "ec:12+4", "ec:200+55"])(
  "reads and writes %s",
  (text) => {
    expect(formatScheme(parseScheme(text))).toBe(text);
  },
);

test.each([
  "",
  "rep",
  "rep:1",
  "rep:256",
  "ec:4",
  "ec:4+0",
  "ec:0+2",
  "ec:200+56",
  "EC:4+2",
  "ec:4+2 ",
  "ec:-1+2",
])("refuses %j by name", (text) => {
  expect(() => parseScheme(text)).toThrow(`Cannot read redundancy scheme "${text}"`);
});

test("names a code that has enough field elements", () => {
  expect(parseScheme("ec:10+4")).toMatchObject({ code: "cauchy16/1" });
  expect(parseScheme("ec:14+3")).toMatchObject({ code: "cauchy256/1" });
});
