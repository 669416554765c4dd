import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { type FakeDropbox, startFakeDropbox } from "../../../servers/fake_dropbox.ts";
import { testStore } from "../../../suites/test_store.ts";

const fakes: FakeDropbox[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake.close();
});

testStore(
  "dropbox, on a fake",
  async () => {
    const fake = await startFakeDropbox();
    fakes.push(fake);
    const login = Buffer.from(fake.login).toString("base64");
    const at = `endpoint=http:127.0.0.1:${fake.apiPort}&content_endpoint=http:127.0.0.1:${fake.contentPort}`;
    return await openStore(
      `dropbox:///Folder of jcs?${at}&token_url=${fake.tokenServer.url}&part_size=4MiB&credential=base64:${login}`,
      { environment: {} },
    );
  },
  { listEntries: 1100 },
);
