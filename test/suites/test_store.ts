import { afterAll, beforeAll, describe } from "vitest";
import type { Store } from "../../core/store/store.ts";
import { recordMatrix } from "./record_matrix.ts";
import type { StoreBench } from "./store_bench.ts";
import { testStoreCancellation } from "./test_store_cancellation.ts";
import { testStoreChanges } from "./test_store_changes.ts";
import { testStoreCopies } from "./test_store_copies.ts";
import { testStoreDirectories } from "./test_store_directories.ts";
import { testStoreLinks } from "./test_store_links.ts";
import { testStoreLists } from "./test_store_lists.ts";
import { testStoreMultipart } from "./test_store_multipart.ts";
import { testStorePaths } from "./test_store_paths.ts";
import { testStoreReads } from "./test_store_reads.ts";
import { testStoreServiceSide } from "./test_store_service_side.ts";
import { testStoreSigning } from "./test_store_signing.ts";
import { testStoreWrites } from "./test_store_writes.ts";

/** How {@link testStore} runs. */
export interface TestStoreOptions {
  /** Objects in the test of long lists: more than the service has on one page. 1,500 unless given. */
  readonly listEntries?: number;
  /** A storage class that the service has and that is not its usual one. */
  readonly storageClass?: string;
}

/** Checks the sentences of {@link Store}, one for one. Cases are chosen by declared capability when they run, never by the name
 *  of the service. `open` gives a store whose work directory may be anything that nobody else uses meanwhile; the suite
 *  writes below one folder of its own, removes that afterwards and closes the store. */
export function testStore(name: string, open: () => Promise<Store>, options: TestStoreOptions = {}): void {
  describe(name, () => {
    const top = `suite-${Math.random().toString(36).slice(2)}`;
    let opened: Store | undefined;
    let cases = 0;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      if (opened === undefined) return;
      await removeTree(opened, top);
      await opened.close();
    });
    const bench = (): StoreBench => {
      if (opened === undefined) throw new Error("the store was not opened");
      cases += 1;
      return { store: opened, folder: `${top}/${cases}/` };
    };
    recordMatrix(() => opened);
    testStoreReads(bench);
    testStoreWrites(bench);
    testStorePaths(bench);
    testStoreLists(bench, { listEntries: options.listEntries ?? 1500 });
    testStoreCopies(bench);
    testStoreDirectories(bench);
    testStoreMultipart(bench);
    testStoreCancellation(bench);
    testStoreSigning(bench);
    testStoreChanges(bench);
    testStoreLinks(bench);
    testStoreServiceSide(bench, { storageClass: options.storageClass ?? "COLD" });
  });
}

async function removeTree(store: Store, directory: string): Promise<void> {
  for await (const entry of store.list(directory, { delimited: true })) {
    if (entry.kind === "directory") await removeTree(store, entry.path);
    else await store.remove(entry.path);
  }
  if (store.makeDirectory !== undefined || store.capabilities.directories) await store.remove(directory);
}
