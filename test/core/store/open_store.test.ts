import { expect, test } from "vitest";
import { openStore } from "../../../core/store/open_store.ts";
import { environmentName } from "../../../core/store/read_options.ts";

test("opens a service inside the default layers", async () => {
  const store = await openStore("memory://open-store/a", { environment: {} });
  await store.write("b", new Uint8Array([1]));
  const again = await openStore("memory://open-store", { environment: {} });
  expect(await again.stat("a/b")).toMatchObject({ path: "a/b", size: 1 });
  await store.remove("b");
});

test("takes options from the environment where the string has none", async () => {
  const environment = { [environmentName("memory", "capacity")]: "1B" };
  const small = await openStore("memory://open-store-small", { environment });
  await expect(small.write("a", new Uint8Array(2))).rejects.toMatchObject({ kind: "NoSpace" });
  const large = await openStore("memory://open-store-small?capacity=2B", { environment });
  await large.write("a", new Uint8Array(2));
  await large.remove("a");
});

test("refuses a value of the environment that has not the form", async () => {
  const environment = { JCS_MEMORY_TIMEOUT: "secret" };
  await expect(openStore("memory://a", { environment })).rejects.toThrow(
    'Cannot open a space of service "memory": option "timeout" must be a duration such as "10s", "1m30s" or "7d"',
  );
});
