import { JcsError } from "../errors.ts";
import type { NameCatalog, PackageAddress } from "./catalog.ts";
import { validateName } from "./names.ts";
import type { Queries, SqlDatabase } from "./sql_database.ts";
import {
  bucketExists,
  ensurePackage,
  findPackage,
  getPackage,
  insertPackage,
  requireBucket,
} from "./sql_packages.ts";

/** The buckets and packages of a catalogue in an SQL database. */
export function createSqlNames(database: SqlDatabase): NameCatalog {
  return {
    async createBucket(name) {
      validateName("bucket", name);
      await database.write(async (queries) => {
        if (await bucketExists(queries, name)) {
          throw new JcsError("AlreadyExists", `Cannot create bucket "${name}": there is one of this name`);
        }
        await queries.insertInto("buckets").values({ name, created_at: Date.now() }).execute();
      });
    },
    listBuckets: () =>
      database.read(async (queries) => {
        const rows = await queries.selectFrom("buckets").selectAll().orderBy("name").execute();
        return rows.map((row) => ({ name: row.name, createdAt: new Date(row.created_at) }));
      }),
    removeBucket: (name) =>
      database.write(async (queries) => {
        await requireBucket(queries, name);
        const left = await queries
          .selectFrom("packages")
          .select("id")
          .where("bucket", "=", name)
          .limit(1)
          .executeTakeFirst();
        if (left !== undefined) {
          throw new JcsError("ConditionFailed", `Cannot remove bucket "${name}": it holds packages`);
        }
        await queries.deleteFrom("buckets").where("name", "=", name).execute();
      }),
    async createPackage(bucket, name) {
      validatePackage({ bucket, package: name });
      await database.write((queries) => createPackage(queries, { bucket, package: name }));
    },
    async ensurePackage(bucket, name) {
      validatePackage({ bucket, package: name });
      await database.write((queries) => ensurePackage(queries, { bucket, package: name }));
    },
    listPackages: (bucket) =>
      database.read(async (queries) => {
        await requireBucket(queries, bucket);
        const rows = await queries
          .selectFrom("packages")
          .selectAll()
          .where("bucket", "=", bucket)
          .orderBy("name")
          .execute();
        return rows.map((row) => ({ bucket, name: row.name, createdAt: new Date(row.created_at) }));
      }),
    removePackage: (bucket, name) =>
      database.write(async (queries) => {
        const id = await getPackage(queries, { bucket, package: name });
        const left = await queries
          .selectFrom("objects")
          .select("path")
          .where("package_id", "=", id)
          .limit(1)
          .executeTakeFirst();
        if (left !== undefined) {
          throw new JcsError(
            "ConditionFailed",
            `Cannot remove package "${bucket}/${name}": it holds objects`,
          );
        }
        await queries.deleteFrom("packages").where("id", "=", id).execute();
      }),
    async clonePackage(source, target) {
      validatePackage(target);
      await database.write(async (queries) => {
        const sourceId = await getPackage(queries, source);
        const targetId = await createPackage(queries, target);
        await queries
          .insertInto("objects")
          .columns(["package_id", "path", "generation", "created_at", "updated_at"])
          .expression((expression) =>
            expression
              .selectFrom("objects")
              .select((columns) => [
                columns.lit(targetId).as("package_id"),
                "path",
                "generation",
                "created_at",
                "updated_at",
              ])
              .where("package_id", "=", sourceId),
          )
          .execute();
      });
    },
  };
}

async function createPackage(queries: Queries, address: PackageAddress): Promise<number> {
  await requireBucket(queries, address.bucket);
  if ((await findPackage(queries, address)) !== undefined) {
    throw new JcsError(
      "AlreadyExists",
      `Cannot create package "${address.bucket}/${address.package}": there is one of this name`,
    );
  }
  return await insertPackage(queries, address);
}

function validatePackage(address: PackageAddress): void {
  validateName("bucket", address.bucket);
  validateName("package", address.package);
}
