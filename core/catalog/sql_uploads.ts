import { assert } from "../assert.ts";
import { JcsError } from "../errors.ts";
import { formatAddress } from "./address.ts";
import type { ObjectAddress, UploadCatalog, UploadRecord } from "./catalog.ts";
import { validateName, validateObjectPath } from "./names.ts";
import { requireLimit } from "./page_limit.ts";
import { fromBlocks, fromGeneration, fromPlaces, placeKey } from "./rows.ts";
import type { Queries, SqlDatabase } from "./sql_database.ts";
import { refuseGarbage } from "./sql_garbage.ts";
import { releaseGeneration, releaseUpload } from "./sql_generations.ts";
import { ensurePackage } from "./sql_packages.ts";

/** The uploads of a catalogue in an SQL database. */
export function createSqlUploads(database: SqlDatabase): UploadCatalog {
  return {
    async begin(upload, options) {
      const { generation, address } = upload;
      validateName("bucket", address.bucket);
      validateName("package", address.package);
      validateObjectPath(address.path);
      await database.write(async (queries) => {
        const packageId = await ensurePackage(queries, address);
        if (options?.ifAbsent && (await findObject(queries, packageId, address.path))) {
          throw alreadyExists(address);
        }
        if (await findUpload(queries, generation)) {
          throw new JcsError(
            "ConditionFailed",
            `Cannot begin upload "${generation}": it is under way already`,
            {
              where: { generation },
            },
          );
        }
        await refuseGarbage(queries, upload.blocks);
        await queries
          .insertInto("uploads")
          .values({
            generation,
            bucket: address.bucket,
            package: address.package,
            path: address.path,
            lease_until: upload.leaseUntil.getTime(),
          })
          .execute();
        await insertPlaces(queries, generation, upload.blocks);
      });
    },
    extend: (generation, { leaseUntil, blocks }) =>
      database.write(async (queries) => {
        if (!(await findUpload(queries, generation))) throw gone("extend", generation);
        await queries
          .updateTable("uploads")
          .set({ lease_until: leaseUntil.getTime() })
          .where("generation", "=", generation)
          .execute();
        if (blocks === undefined) return;
        const known = new Set((await placesOf(queries, generation)).map(placeKey));
        const added = blocks.filter((block) => !known.has(placeKey(block)));
        await refuseGarbage(queries, added);
        await insertPlaces(queries, generation, added);
      }),
    commit: ({ address, generation, blocks, ifAbsent, at }) =>
      database.write(async (queries) => {
        const upload = await findUpload(queries, generation.id);
        if (upload === undefined) throw gone("commit", generation.id);
        assert(sameAddress(upload, address), "an upload is committed to the address it began with");
        const places = await placesOf(queries, generation.id);
        const kept = new Set(blocks.map(placeKey));
        const left = places.filter((place) => !kept.has(placeKey(place)));
        assert(places.length - left.length === kept.size, "every block lies where its upload said it would");
        const packageId = await ensurePackage(queries, address);
        const before = await findObject(queries, packageId, address.path);
        if (ifAbsent && before) throw alreadyExists(address);
        await queries.insertInto("generations").values(fromGeneration(generation)).execute();
        if (blocks.length > 0) {
          await queries.insertInto("blocks").values(fromBlocks(generation.id, blocks)).execute();
        }
        const now = { generation: generation.id, updated_at: at.getTime() };
        if (before === undefined) {
          await queries
            .insertInto("objects")
            .values({ package_id: packageId, path: address.path, created_at: at.getTime(), ...now })
            .execute();
        } else {
          await queries
            .updateTable("objects")
            .set(now)
            .where("package_id", "=", packageId)
            .where("path", "=", address.path)
            .execute();
          await releaseGeneration(queries, before.generation, at);
        }
        await retirePlaces(queries, left, at);
        await queries.deleteFrom("uploads").where("generation", "=", generation.id).execute();
      }),
    abort: (generation, at) => database.write((queries) => releaseUpload(queries, generation, at)),
    async expired(now, limit) {
      requireLimit(limit);
      return await database.read(async (queries) => {
        const rows = await queries
          .selectFrom("uploads")
          .selectAll()
          .where("lease_until", "<", now.getTime())
          .orderBy("lease_until")
          .orderBy("generation")
          .limit(limit)
          .execute();
        const uploads: UploadRecord[] = [];
        for (const row of rows) {
          uploads.push({
            generation: row.generation,
            address: { bucket: row.bucket, package: row.package, path: row.path },
            blocks: await placesOf(queries, row.generation),
            leaseUntil: new Date(row.lease_until),
          });
        }
        return uploads;
      });
    },
  };
}

async function findUpload(queries: Queries, generation: string) {
  return await queries
    .selectFrom("uploads")
    .select(["bucket", "package", "path"])
    .where("generation", "=", generation)
    .executeTakeFirst();
}

async function findObject(queries: Queries, packageId: number, path: string) {
  return await queries
    .selectFrom("objects")
    .select("generation")
    .where("package_id", "=", packageId)
    .where("path", "=", path)
    .executeTakeFirst();
}

async function placesOf(queries: Queries, generation: string): Promise<UploadRecord["blocks"]> {
  return await queries
    .selectFrom("upload_blocks")
    .select(["block_index as index", "space", "path"])
    .where("generation", "=", generation)
    .orderBy("block_index")
    .orderBy("space")
    .execute();
}

async function insertPlaces(
  queries: Queries,
  generation: string,
  places: UploadRecord["blocks"],
): Promise<void> {
  if (places.length === 0) return;
  await queries.insertInto("upload_blocks").values(fromPlaces(generation, places)).execute();
}

async function retirePlaces(queries: Queries, places: UploadRecord["blocks"], at: Date): Promise<void> {
  if (places.length === 0) return;
  const rows = places.map(({ space, path }) => ({ space, path, retired_at: at.getTime() }));
  await queries.insertInto("garbage").values(rows).execute();
}

function sameAddress(left: ObjectAddress, right: ObjectAddress): boolean {
  return left.bucket === right.bucket && left.package === right.package && left.path === right.path;
}

function alreadyExists(address: ObjectAddress): JcsError {
  const name = formatAddress(address);
  return new JcsError("AlreadyExists", `Cannot store "${name}": there is an object of this name`, {
    where: { object: name },
  });
}

function gone(operation: "extend" | "commit", generation: string): JcsError {
  return new JcsError(
    "ConditionFailed",
    `Cannot ${operation} upload "${generation}": it has ended. Its lease may have run out; begin it again`,
    { where: { generation } },
  );
}
