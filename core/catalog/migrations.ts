import type { Kysely } from "kysely";
import { JcsError } from "../errors.ts";
import { NAME_BYTES_MAX, OBJECT_PATH_BYTES_MAX } from "../limits.ts";
import type { ColumnTypes, SqlDatabase } from "./sql_database.ts";
import type { Tables } from "./tables.ts";

/** One step from a version of the schema to the next. Never changed once released: another step is added. */
interface Migration {
  readonly number: number;
  readonly up: (queries: Kysely<Tables>, types: ColumnTypes) => Promise<void>;
}

/** All steps, in order of their numbers, from 1 without a gap. */
const MIGRATIONS: readonly Migration[] = [
  { number: 1, up: createFirstTables },
  { number: 2, up: addProbes },
];

/** Version of the schema that this program works with. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the database to {@link SCHEMA_VERSION}, in one transaction. Several processes may do so at the same time.
 *
 *  `name` is how messages call the database. Throws `Config` when it is newer than this program: an older one could lose what it does
 *  not understand. */
export async function migrate(database: SqlDatabase, name: string): Promise<void> {
  if ((await database.read(currentVersion)) === SCHEMA_VERSION) return;
  await database.write(async (queries) => {
    const version = await currentVersion(queries);
    if (version > SCHEMA_VERSION) {
      throw new JcsError(
        "Config",
        `Cannot use catalogue "${name}": its schema has version ${version}, this program knows ${SCHEMA_VERSION}. Use a newer jcs`,
      );
    }
    for (const migration of MIGRATIONS.slice(version)) {
      await migration.up(queries, database.types);
      await queries
        .insertInto("schema_versions")
        .values({ number: migration.number, applied_at: Date.now() })
        .execute();
    }
  });
}

/** 0 when there are no tables yet. */
async function currentVersion(queries: Kysely<Tables>): Promise<number> {
  const tables = await queries.introspection.getTables();
  if (!tables.some((table) => table.name === "schema_versions")) return 0;
  const row = await queries
    .selectFrom("schema_versions")
    .select((columns) => columns.fn.max("number").as("number"))
    .executeTakeFirst();
  return row?.number ?? 0;
}

async function createFirstTables(queries: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  const { schema } = queries;
  const name = types.name(NAME_BYTES_MAX);
  const path = types.name(OBJECT_PATH_BYTES_MAX);
  const generation = types.name(32);
  const integer = types.integer();
  const text = types.text();
  const named = types.tableEnd("names");

  await schema
    .createTable("schema_versions")
    .addColumn("number", integer, (column) => column.notNull().primaryKey())
    .addColumn("applied_at", integer, (column) => column.notNull())
    .modifyEnd(named)
    .execute();

  await schema
    .createTable("spaces")
    .addColumn("name", name, (column) => column.notNull().primaryKey())
    .addColumn("connection", text, (column) => column.notNull())
    .addColumn("location", text)
    .addColumn("account", text)
    .addColumn("capacity_bytes", integer)
    .addColumn("cost", text)
    .addColumn("created_at", integer, (column) => column.notNull())
    .modifyEnd(named)
    .execute();

  await schema
    .createTable("buckets")
    .addColumn("name", name, (column) => column.notNull().primaryKey())
    .addColumn("created_at", integer, (column) => column.notNull())
    .modifyEnd(named)
    .execute();

  // Objects name their package by a short number, and a number is never given twice.
  await schema
    .createTable("packages")
    .addColumn("id", integer, (column) => column.notNull().primaryKey().autoIncrement())
    .addColumn("bucket", name, (column) => column.notNull())
    .addColumn("name", name, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addUniqueConstraint("packages_by_name", ["bucket", "name"])
    .addForeignKeyConstraint("packages_bucket", ["bucket"], "buckets", ["name"])
    .modifyEnd(types.tableEnd("given"))
    .execute();

  // A generation exists as long as an object refers to it. `redundancy` and `metadata` are JSON.
  await schema
    .createTable("generations")
    .addColumn("id", generation, (column) => column.notNull().primaryKey())
    .addColumn("size", integer, (column) => column.notNull())
    .addColumn("hash", types.name(NAME_BYTES_MAX), (column) => column.notNull())
    .addColumn("redundancy", text, (column) => column.notNull())
    .addColumn("payload_bytes", integer, (column) => column.notNull())
    .addColumn("checksum_chunk_bytes", integer, (column) => column.notNull())
    .addColumn("metadata", text, (column) => column.notNull())
    .addColumn("modified_at", integer)
    .addColumn("created_at", integer, (column) => column.notNull())
    .modifyEnd(named)
    .execute();

  await schema
    .createTable("objects")
    .addColumn("package_id", integer, (column) => column.notNull())
    .addColumn("path", path, (column) => column.notNull())
    .addColumn("generation", generation, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("updated_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("objects_key", ["package_id", "path"])
    .addForeignKeyConstraint("objects_package", ["package_id"], "packages", ["id"])
    .addForeignKeyConstraint("objects_generation", ["generation"], "generations", ["id"])
    .modifyEnd(named)
    .execute();
  // Tells whether another object shares a generation.
  await schema.createIndex("objects_by_generation").on("objects").column("generation").execute();

  await schema
    .createTable("blocks")
    .addColumn("generation", generation, (column) => column.notNull())
    .addColumn("block_index", integer, (column) => column.notNull())
    .addColumn("space", name, (column) => column.notNull())
    .addColumn("path", path, (column) => column.notNull())
    .addColumn("bytes", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("blocks_key", ["generation", "block_index", "space"])
    .addForeignKeyConstraint("blocks_generation", ["generation"], "generations", ["id"], (key) =>
      key.onDelete("cascade"),
    )
    .modifyEnd(named)
    .execute();
  // Holds all that the usage of a space needs.
  await schema.createIndex("blocks_by_space").on("blocks").columns(["space", "bytes"]).execute();

  // Buckets and packages of uploads are names, not references: they may go while the upload is under way.
  await schema
    .createTable("uploads")
    .addColumn("generation", generation, (column) => column.notNull().primaryKey())
    .addColumn("bucket", name, (column) => column.notNull())
    .addColumn("package", name, (column) => column.notNull())
    .addColumn("path", path, (column) => column.notNull())
    .addColumn("lease_until", integer, (column) => column.notNull())
    .modifyEnd(named)
    .execute();
  await schema.createIndex("uploads_by_lease").on("uploads").column("lease_until").execute();

  await schema
    .createTable("upload_blocks")
    .addColumn("generation", generation, (column) => column.notNull())
    .addColumn("block_index", integer, (column) => column.notNull())
    .addColumn("space", name, (column) => column.notNull())
    .addColumn("path", path, (column) => column.notNull())
    .addPrimaryKeyConstraint("upload_blocks_key", ["generation", "path", "space"])
    .addForeignKeyConstraint("upload_blocks_upload", ["generation"], "uploads", ["generation"], (key) =>
      key.onDelete("cascade"),
    )
    .modifyEnd(named)
    .execute();
  await schema.createIndex("upload_blocks_by_space").on("upload_blocks").column("space").execute();

  // The path comes first: uploads ask whether their paths are garbage.
  await schema
    .createTable("garbage")
    .addColumn("path", path, (column) => column.notNull())
    .addColumn("space", name, (column) => column.notNull())
    .addColumn("retired_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("garbage_key", ["path", "space"])
    .modifyEnd(named)
    .execute();
  await schema.createIndex("garbage_by_age").on("garbage").column("retired_at").execute();
  await schema.createIndex("garbage_by_space").on("garbage").columns(["space", "retired_at"]).execute();
}

/** What `space probe` found out, as JSON. */
async function addProbes(queries: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await queries.schema.alterTable("spaces").addColumn("probe", types.text()).execute();
}
