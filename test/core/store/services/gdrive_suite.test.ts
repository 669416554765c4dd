import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { type FakeGdrive, startFakeGdrive } from "../../../servers/fake_gdrive.ts";
import { testStore } from "../../../suites/test_store.ts";

const fakes: FakeGdrive[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake.close();
});

for (const shared of [false, true]) {
  const open = async () => {
    const fake = await startFakeGdrive();
    fakes.push(fake);
    if (shared) Object.assign(fake, { pageEntriesMax: 7, emptyPages: true });
    fake.put("folder", shared ? { parent: fake.sharedDriveId } : {});
    const key = Buffer.from(fake.serviceAccount).toString("base64");
    const options = shared ? "&part_size=256KiB&use_trash=false" : "";
    return await openStore(
      `gdrive://${shared ? fake.sharedDriveId : ""}/folder?endpoint=http:127.0.0.1:${fake.port}&credential=base64:${key}${options}`,
      { environment: {} },
    );
  };
  testStore(`gdrive, on a fake, ${shared ? "a shared drive" : "the user's own"}`, open, {
    listEntries: shared ? 150 : 300,
  });
}
