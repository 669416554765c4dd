import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { type FakeOnedrive, startFakeOnedrive } from "../../../servers/fake_onedrive.ts";
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
}
