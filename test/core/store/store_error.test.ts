import { expect, test } from "vitest";
import { openStore } from "../../../core/store/open_store.ts";
import { storeError } from "../../../core/store/store_error.ts";

const INFO = { service: "s3", name: "bucket", workDirectory: "/data/" };
const FAULT = { kind: "NotFound", operation: "read", path: "a", state: "no such object" } as const;

test("calls the store by the name of its space, and else by its connection", () => {
  const inSpace = storeError({ ...INFO, space: "mine" }, FAULT);
  expect(inSpace.message).toBe('Cannot read "a" from space "mine": no such object');
  expect(inSpace.where).toEqual({
    operation: "read",
    path: "a",
    space: "mine",
    connection: "s3://bucket/data",
  });
  const alone = storeError(INFO, FAULT);
  expect(alone.message).toBe('Cannot read "a" from "s3://bucket/data": no such object');
  expect(alone.where).toEqual({ operation: "read", path: "a" });
  const open = storeError({ ...INFO, space: "mine" }, { ...FAULT, operation: "open", path: "" });
  expect(open.message).toBe('Cannot open space "mine": no such object');
});

test("a store that is opened as a space says so in its errors, also in those of its layers", async () => {
  const options = { environment: {}, space: { name: "mine" } };
  const store = await openStore("memory://?retries=0", options);
  await expect(store.stat("a")).rejects.toThrow('Cannot stat "a" in space "mine": no such object');
  const undeclared = store.write("a", new Uint8Array(1), { storageClass: "COLD" });
  await expect(undeclared).rejects.toThrow(/^Cannot write "a" to space "mine": /);
  await store.close();
});
