import { afterAll } from "vitest";
import { openStore } from "../../../../core/store/open_store.ts";
import { type FakeGcs, startFakeGcs } from "../../../servers/fake_gcs.ts";
import { testStore } from "../../../suites/test_store.ts";

const fakes: FakeGcs[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake.close();
});

for (const options of ["", "&part_size=256KiB"]) {
  const open = async () => {
    const fake = await startFakeGcs();
    fakes.push(fake);
    const key = Buffer.from(fake.serviceAccount).toString("base64");
    return await openStore(
      `gcs://${fake.bucket}/folder?endpoint=http:127.0.0.1:${fake.port}&credential=base64:${key}${options}`,
      { environment: {} },
    );
  };
  testStore(`gcs, on a fake, with options "${options}"`, open, {
    listEntries: options === "" ? 1100 : 10,
    storageClass: "NEARLINE",
  });
}
