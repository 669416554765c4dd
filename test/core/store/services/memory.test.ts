import { expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { pattern } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

testStore("memory", () => openStore("memory://memory-test/folder", { environment: {} }));

test("a space that has no room takes no more, and gives room back", async () => {
  const store = await openStore("memory://memory-test-full?capacity=1000B", { environment: {} });
  await store.write("a", pattern(600));
  await expect(store.write("b", pattern(401))).rejects.toMatchObject({ kind: "NoSpace" });
  await store.write("a", pattern(300));
  await store.write("b", pattern(700));
  await store.remove("b");
  await store.write("a", pattern(1000));
});
