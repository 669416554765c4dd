import { expect, test } from "vitest";
import { isOwnPath } from "../../../core/objects/own_directory.ts";
import { ownPathsOf } from "../../../core/objects/own_paths_of.ts";

test("names that some file system takes for the directory of jcs are its names", () => {
  const names = [
    "jcs",
    "JCS",
    "jcs.",
    "jcs . ",
    "jc\u017f",
    "j\u200ccs",
    "\uff4acs",
    "jcs::$INDEX_ALLOCATION",
  ];
  for (const name of names)
    expect([name, isOwnPath(name), isOwnPath(`${name}/x`)]).toEqual([name, true, true]);
  for (const name of ["jcs2", "a/jcs", "jcs-old/x", ".jcs", "j", ""])
    expect([name, isOwnPath(name)]).toEqual([name, false]);
});

test("of spaces that lie in each other, what belongs to the inner one is known from the outer one", () => {
  const isOwn = ownPathsOf({ place: "fs  /my disk/", workDirectory: "/my disk/" }, [
    "fs  /my disk/a/b/",
    "fs  /my disk/",
    "fs  /my disk2/",
    "sftp host /my disk/x/",
    "no place",
  ]);
  for (const path of ["jcs/x", "a/b/jcs", "a/b/jcs/blocks/x", "A/b/JCS/x", "a/b/.jcs-space"])
    expect([path, isOwn(path)]).toEqual([path, true]);
  for (const path of ["a", "a/b", "a/b/c", "a/jcs/x", "x/jcs/y", "a/b/x/.jcs-space"])
    expect([path, isOwn(path)]).toEqual([path, false]);
});

test("all of a space that lies in the directory of another one's blocks is that one's", () => {
  const inside = { place: "fs  /d/jcs/blocks/", workDirectory: "/d/jcs/blocks/" };
  expect(ownPathsOf(inside, ["fs  /d/"])("ab/x")).toBe(true);
  expect(ownPathsOf(inside, ["fs  /e/"])("ab/x")).toBe(false);
});
