import { JcsError } from "../errors.ts";
import { formatAddress } from "./address.ts";
import type { ObjectAddress, ObjectCatalog } from "./catalog.ts";
import { validateObjectPath, validateText } from "./names.ts";
import { requireLimit } from "./page_limit.ts";
import { pageRange, readRows } from "./path_range.ts";
import { ENTRY_COLUMNS, toEntry } from "./rows.ts";
import type { Queries, SqlDatabase } from "./sql_database.ts";
import { releaseGeneration } from "./sql_generations.ts";
import { readLevel } from "./sql_level.ts";
import { findPackage, getPackage } from "./sql_packages.ts";

/** The objects of a catalogue in an SQL database. */
export function createSqlObjects(database: SqlDatabase): ObjectCatalog {
  return {
    async find(address) {
      validateText(address.path);
      return await database.read(async (queries) => {
        const rows = await queries
          .selectFrom("packages")
          .innerJoin("objects", "objects.package_id", "packages.id")
          .innerJoin("generations", "generations.id", "objects.generation")
          .leftJoin("blocks", "blocks.generation", "generations.id")
          .select(ENTRY_COLUMNS)
          .select([
            "blocks.block_index as index",
            "blocks.space",
            "blocks.path as block_path",
            "blocks.bytes",
          ])
          .where("packages.bucket", "=", address.bucket)
          .where("packages.name", "=", address.package)
          .where("objects.path", "=", address.path)
          .orderBy("blocks.block_index")
          .orderBy("blocks.space")
          .execute();
        const [first] = rows;
        if (first === undefined) return undefined;
        const blocks = rows.flatMap(({ index, space, block_path: path, bytes }) =>
          index === null || space === null || path === null || bytes === null
            ? []
            : [{ index, space, path, bytes }],
        );
        return { ...toEntry(first, address), blocks };
      });
    },
    async page({ package: owner, prefix = "", after = "", limit }) {
      requireLimit(limit);
      validateText(prefix);
      validateText(after);
      return await database.read(async (queries) => {
        const packageId = await getPackage(queries, owner);
        const rows = await readRows(queries, packageId, pageRange(prefix, after), limit);
        return rows.map((row) => toEntry(row, owner));
      });
    },
    async level(query) {
      requireLimit(query.limit);
      validateText(query.prefix);
      validateText(query.after ?? "");
      if (query.prefix !== "" && !query.prefix.endsWith("/")) {
        throw new JcsError(
          "Usage",
          `Cannot list the level of ${JSON.stringify(query.prefix)}: it must end with a slash`,
        );
      }
      return await database.read(async (queries) =>
        readLevel(queries, await getPackage(queries, query.package), query),
      );
    },
    remove: (address, at) =>
      database.write(async (queries) => {
        const { packageId, generation } = await getObject(queries, address);
        await deleteObject(queries, packageId, address.path);
        await releaseGeneration(queries, generation, at);
      }),
    async move(source, target, options) {
      validateObjectPath(target.path);
      await database.write(async (queries) => {
        const moved = await getObject(queries, source);
        const place = await freeTarget(queries, "move", { source, target, replace: options.replace });
        if (place.same) return;
        if (place.generation !== undefined) await deleteObject(queries, place.packageId, target.path);
        await queries
          .updateTable("objects")
          .set({ package_id: place.packageId, path: target.path, updated_at: options.at.getTime() })
          .where("package_id", "=", moved.packageId)
          .where("path", "=", source.path)
          .execute();
        if (place.generation !== undefined) await releaseGeneration(queries, place.generation, options.at);
      });
    },
    async copy(source, target, options) {
      validateObjectPath(target.path);
      await database.write(async (queries) => {
        const { generation } = await getObject(queries, source);
        const place = await freeTarget(queries, "copy", { source, target, replace: options.replace });
        if (place.same) return;
        const now = { generation, updated_at: options.at.getTime() };
        if (place.generation === undefined) {
          await queries
            .insertInto("objects")
            .values({
              package_id: place.packageId,
              path: target.path,
              created_at: options.at.getTime(),
              ...now,
            })
            .execute();
          return;
        }
        await queries
          .updateTable("objects")
          .set(now)
          .where("package_id", "=", place.packageId)
          .where("path", "=", target.path)
          .execute();
        await releaseGeneration(queries, place.generation, options.at);
      });
    },
  };
}

interface Target {
  readonly packageId: number;
  /** The generation of the object that will be replaced. */
  readonly generation: string | undefined;
  /** Source and target are one object: there is nothing to do. */
  readonly same: boolean;
}

/** Where a moved or copied object goes. Throws `NotFound` for the package, `AlreadyExists` for an object that must not be replaced. */
async function freeTarget(
  queries: Queries,
  operation: "move" | "copy",
  names: { readonly source: ObjectAddress; readonly target: ObjectAddress; readonly replace: boolean },
): Promise<Target> {
  const packageId = await getPackage(queries, names.target);
  const generation = await generationAt(queries, packageId, names.target.path);
  const source = formatAddress(names.source);
  const target = formatAddress(names.target);
  if (generation !== undefined && !names.replace) {
    throw new JcsError(
      "AlreadyExists",
      `Cannot ${operation} "${source}" to "${target}": there is an object of this name`,
      { where: { object: target } },
    );
  }
  return { packageId, generation, same: source === target };
}

async function getObject(
  queries: Queries,
  address: ObjectAddress,
): Promise<{ readonly packageId: number; readonly generation: string }> {
  validateText(address.path);
  const packageId = await findPackage(queries, address);
  const generation =
    packageId === undefined ? undefined : await generationAt(queries, packageId, address.path);
  if (packageId === undefined || generation === undefined) {
    const name = formatAddress(address);
    throw new JcsError("NotFound", `Cannot find "${name}": there is no object of this name`, {
      where: { object: name },
    });
  }
  return { packageId, generation };
}

async function generationAt(queries: Queries, packageId: number, path: string): Promise<string | undefined> {
  const row = await queries
    .selectFrom("objects")
    .select("generation")
    .where("package_id", "=", packageId)
    .where("path", "=", path)
    .executeTakeFirst();
  return row?.generation;
}

async function deleteObject(queries: Queries, packageId: number, path: string): Promise<void> {
  await queries.deleteFrom("objects").where("package_id", "=", packageId).where("path", "=", path).execute();
}
