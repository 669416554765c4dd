import type { Generated } from "kysely";

/** The tables of the catalogue as kysely knows them; migrations.ts makes them and says what their columns are for.
 *  Times are milliseconds since 1970, names are compared byte for byte. */
export interface Tables {
  readonly schema_versions: { number: number; applied_at: number };
  readonly spaces: {
    name: string;
    connection: string;
    location: string | null;
    account: string | null;
    capacity_bytes: number | null;
    cost: string | null;
    probe: string | null;
    created_at: number;
  };
  readonly buckets: { name: string; created_at: number };
  readonly packages: { id: Generated<number>; bucket: string; name: string; created_at: number };
  readonly generations: {
    id: string;
    size: number;
    hash: string;
    redundancy: string;
    payload_bytes: number;
    checksum_chunk_bytes: number;
    metadata: string;
    modified_at: number | null;
    created_at: number;
  };
  readonly objects: {
    package_id: number;
    path: string;
    generation: string;
    created_at: number;
    updated_at: number;
  };
  readonly blocks: { generation: string; block_index: number; space: string; path: string; bytes: number };
  readonly uploads: {
    generation: string;
    bucket: string;
    package: string;
    path: string;
    lease_until: number;
  };
  readonly upload_blocks: { generation: string; block_index: number; space: string; path: string };
  readonly garbage: { space: string; path: string; retired_at: number };
}
