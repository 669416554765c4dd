import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import { testCatalog } from "../../suites/test_catalog.ts";

testCatalog(
  "sqlite in memory",
  async () => {
    const catalog = await openSqliteCatalog({ file: ":memory:" });
    return { catalog, dispose: () => catalog.close() };
  },
  { shared: false },
);

testCatalog(
  "sqlite in a file",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "jcs-catalog-"));
    const file = join(directory, "catalog.db");
    const catalog = await openSqliteCatalog({ file });
    return {
      catalog,
      openAgain: () => openSqliteCatalog({ file }),
      async dispose() {
        await catalog.close();
        await rm(directory, { recursive: true });
      },
    };
  },
  { shared: true },
);
