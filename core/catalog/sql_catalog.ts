import type { Catalog } from "./catalog.ts";
import type { SqlDatabase } from "./sql_database.ts";
import { createSqlGarbage } from "./sql_garbage.ts";
import { createSqlNames } from "./sql_names.ts";
import { createSqlObjects } from "./sql_objects.ts";
import { createSqlSpaces } from "./sql_spaces.ts";
import { createSqlUploads } from "./sql_uploads.ts";

/** The catalogue over an SQL database whose schema is up to date. Owns the database: closing one closes the other. */
export function createSqlCatalog(database: SqlDatabase): Catalog {
  return {
    spaces: createSqlSpaces(database),
    names: createSqlNames(database),
    objects: createSqlObjects(database),
    uploads: createSqlUploads(database),
    garbage: createSqlGarbage(database),
    close: () => database.close(),
  };
}
