import { expect, test } from "vitest";
import space from "../../../commands/space.ts";
import { capabilityLines } from "../../../commands/support/capability_lines.ts";
import { NO_CAPABILITIES } from "../../../core/store/capabilities.ts";
import { nativeBench } from "../native_bench.ts";

const { ok } = nativeBench();

test("a line shows what the service has beside what counts here", () => {
  const native = { ...NO_CAPABILITIES, directories: true, nameBytesMax: 255, pathBytesMax: 4096 };
  const effective = { ...native, userMetadata: true, overwriteAtomic: false, checksums: ["md5"] as const };
  const lines = capabilityLines({ native, effective }).map((line) => line.trimEnd().split(/ {2,}/));
  expect(lines[0]).toEqual(["Capability", "service", "here"]);
  expect(lines).toContainEqual(["user metadata", "no", "yes"]);
  expect(lines).toContainEqual(["make directory", "yes", "yes"]);
  expect(lines).toContainEqual(["overwrite atomic", "yes", "no"]);
  expect(lines).toContainEqual(["checksums", "no", "md5"]);
  expect(lines).toContainEqual(["longest name", "255B", "255B"]);
  expect(lines).toContainEqual(["longest object", "any", "any"]);
});

test("space show tells them of a space when asked", async () => {
  expect(await ok(space, "show", "disk")).not.toContain("write if absent");
  expect(await ok(space, "show", "--capabilities", "disk")).toMatch(/^write if absent +yes +yes *$/m);
  const [json = ""] = (await ok(space, "--json", "show", "--capabilities", "disk")).split("\n");
  expect(JSON.parse(json).capabilities).toMatchObject({
    native: { userMetadata: false, objectBytesMax: null },
    effective: { writeUnknownSize: true },
  });
});
