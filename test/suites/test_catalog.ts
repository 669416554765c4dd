import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assert } from "../../core/assert.ts";
import type { Catalog } from "../../core/catalog/catalog.ts";
import { testCatalogModel } from "./test_catalog_model.ts";
import { testCatalogObjects } from "./test_catalog_objects.ts";
import { testCatalogSpaces } from "./test_catalog_spaces.ts";
import { expectOneWinner, testCatalogUploads } from "./test_catalog_uploads.ts";

/** An empty catalogue for one test. */
export interface CatalogFixture {
  readonly catalog: Catalog;
  /** Opens the same catalogue once more, as another process would; there when the catalogue is shared. */
  readonly openAgain?: () => Promise<Catalog>;
  /** Removes everything; closes what the fixture opened. */
  readonly dispose: () => Promise<void>;
}

/** How the parts of the suite reach the catalogue of the running test. */
export interface CatalogUnderTest {
  readonly catalog: () => Catalog;
}

/** Checks that an implementation keeps every sentence of core/catalog/catalog.ts. `makeFixture` is called once for each test.
 *  `shared` says that several processes may use one catalogue. */
export function testCatalog(
  name: string,
  makeFixture: () => Promise<CatalogFixture>,
  options: { readonly shared: boolean },
): void {
  describe(`catalog ${name}`, () => {
    let fixture: CatalogFixture;
    const opened: Catalog[] = [];
    beforeEach(async () => {
      fixture = await makeFixture();
    });
    afterEach(async () => {
      for (const catalog of opened.splice(0)) await catalog.close();
      await fixture.dispose();
    });
    const under: CatalogUnderTest = { catalog: () => fixture.catalog };
    testCatalogSpaces(under);
    testCatalogObjects(under);
    testCatalogUploads(under);
    testCatalogModel(under);

    test("lets one of several calls win that store the same absent object", async () => {
      await expectOneWinner([fixture.catalog, fixture.catalog]);
    });

    if (!options.shared) return;
    const openAgain = async (): Promise<Catalog> => {
      assert(fixture.openAgain !== undefined, "a shared catalogue can be opened again");
      const other = await fixture.openAgain();
      opened.push(other);
      return other;
    };

    test("is seen by another opening as soon as a promise resolves", async () => {
      const other = await openAgain();
      await fixture.catalog.names.createBucket("one");
      expect((await other.names.listBuckets()).map((bucket) => bucket.name)).toEqual(["one"]);
      await other.names.createBucket("two");
      expect((await fixture.catalog.names.listBuckets()).map((bucket) => bucket.name)).toEqual([
        "one",
        "two",
      ]);
    });

    test("lets one of several openings win that store the same absent object", async () => {
      await expectOneWinner([fixture.catalog, await openAgain()]);
    });
  });
}
