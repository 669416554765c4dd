import { afterAll, expect, test } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { type FakeOnedrive, startFakeOnedrive } from "../../../servers/fake_onedrive.ts";
import { pattern, readAll, sameBytes, testBody } from "../../../suites/store_bench.ts";
import { testStore } from "../../../suites/test_store.ts";

const fakes: FakeOnedrive[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake.close();
});

for (const kind of ["business", "personal"] as const) {
  const open = async () => {
    const fake = await startFakeOnedrive({ kind });
    fakes.push(fake);
    const login = Buffer.from(fake.login).toString("base64");
    const part = kind === "personal" ? "&part_size=320KiB" : "";
    const server = `endpoint=http:127.0.0.1:${fake.port}&token_url=${fake.tokens.url}`;
    return await openStore(`onedrive:///space?${server}&credential=base64:${login}${part}`, {
      environment: {},
    });
  };
  testStore(`onedrive, on a fake of a ${kind} drive`, open, { listEntries: kind === "business" ? 1000 : 10 });

  test(`a stream of unknown length, longer than a part, arrives whole on a ${kind} drive`, async () => {
    const store = await open();
    const chunks = Array.from({ length: 30 }, (_, seed) => pattern(1024 * 1024, seed));
    await store.write("a", testBody(chunks).stream);
    expect(sameBytes(await readAll(store, "a"), Buffer.concat(chunks))).toBe(true);
    await store.close();
  });
}
