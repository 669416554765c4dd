import { assert } from "../assert.ts";
import { JcsError } from "../errors.ts";
import type { PackageAddress } from "./catalog.ts";
import type { Queries } from "./sql_database.ts";

/** The number of a package, `undefined` when there is none. */
export async function findPackage(queries: Queries, address: PackageAddress): Promise<number | undefined> {
  const row = await queries
    .selectFrom("packages")
    .select("id")
    .where("bucket", "=", address.bucket)
    .where("name", "=", address.package)
    .executeTakeFirst();
  return row?.id;
}

/** The number of a package; throws `NotFound`, which says whether the bucket is missing too. */
export async function getPackage(queries: Queries, address: PackageAddress): Promise<number> {
  const id = await findPackage(queries, address);
  if (id !== undefined) return id;
  await requireBucket(queries, address.bucket);
  throw new JcsError(
    "NotFound",
    `Cannot find package "${address.package}" in bucket "${address.bucket}": there is none of this name`,
  );
}

/** The number of a package, which is made, as its bucket is, where it is missing. */
export async function ensurePackage(queries: Queries, address: PackageAddress): Promise<number> {
  const id = await findPackage(queries, address);
  if (id !== undefined) return id;
  if (!(await bucketExists(queries, address.bucket))) {
    await queries.insertInto("buckets").values({ name: address.bucket, created_at: Date.now() }).execute();
  }
  return await insertPackage(queries, address);
}

/** Makes a package in a bucket that is there, and gives its number. */
export async function insertPackage(queries: Queries, address: PackageAddress): Promise<number> {
  const { insertId } = await queries
    .insertInto("packages")
    .values({ bucket: address.bucket, name: address.package, created_at: Date.now() })
    .executeTakeFirstOrThrow();
  assert(insertId !== undefined, "a new package has a number");
  return Number(insertId);
}

/** Throws `NotFound` when there is no such bucket. */
export async function requireBucket(queries: Queries, name: string): Promise<void> {
  if (await bucketExists(queries, name)) return;
  throw new JcsError("NotFound", `Cannot find bucket "${name}": there is none of this name`);
}

/** Whether there is such a bucket. */
export async function bucketExists(queries: Queries, name: string): Promise<boolean> {
  const row = await queries.selectFrom("buckets").select("name").where("name", "=", name).executeTakeFirst();
  return row !== undefined;
}
