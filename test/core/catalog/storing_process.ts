import { openSqliteCatalog } from "../../../core/catalog/open_sqlite_catalog.ts";
import { isKind } from "../../../core/errors.ts";
import { at, store } from "../../suites/catalog_samples.ts";

/** A process that stores objects in the catalogue of file `argv[2]`: `argv[3]` of them, at paths `argv[4]` and a number, several at a
 *  time, only absent ones when `argv[5]` is `absent`. Writes a line with path and generation for each one that was acknowledged. */
const [file = "", count = "", prefix = "", mode = ""] = process.argv.slice(2);
const catalog = await openSqliteCatalog({ file });
process.stdout.write("ready\n");
let next = 0;
await Promise.all(
  Array.from({ length: 4 }, async () => {
    while (next < Number(count)) {
      const path = `${prefix}${next++}`;
      try {
        const { generation } = await store(catalog, at(path), { ifAbsent: mode === "absent" });
        process.stdout.write(`${path} ${generation.id}\n`);
      } catch (error) {
        if (!isKind(error, "AlreadyExists")) throw error;
      }
    }
  }),
);
await catalog.close();
