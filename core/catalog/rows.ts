import type { ProbeRecord } from "../store/probe/finding.ts";
import type {
  BlockRecord,
  Generation,
  ObjectEntry,
  PackageAddress,
  SpaceRecord,
  UploadRecord,
} from "./catalog.ts";
import type { Tables } from "./tables.ts";

/** The columns that make an {@link ObjectEntry}, for a query over objects joined with generations. */
export const ENTRY_COLUMNS = [
  "objects.path as path",
  "objects.created_at as object_created_at",
  "objects.updated_at as updated_at",
  "generations.id as generation",
  "generations.size as size",
  "generations.hash as hash",
  "generations.redundancy as redundancy",
  "generations.payload_bytes as payload_bytes",
  "generations.checksum_chunk_bytes as checksum_chunk_bytes",
  "generations.metadata as metadata",
  "generations.modified_at as modified_at",
  "generations.created_at as created_at",
] as const;

/** A row of {@link ENTRY_COLUMNS}. */
export type EntryRow = Omit<Tables["generations"], "id"> & {
  readonly path: string;
  readonly object_created_at: number;
  readonly updated_at: number;
  readonly generation: string;
};

/** The object that a row is about. */
export function toEntry(row: EntryRow, owner: PackageAddress): ObjectEntry {
  return {
    address: { bucket: owner.bucket, package: owner.package, path: row.path },
    createdAt: new Date(row.object_created_at),
    updatedAt: new Date(row.updated_at),
    generation: {
      id: row.generation,
      size: row.size,
      hash: row.hash,
      redundancy: JSON.parse(row.redundancy),
      payloadBytes: row.payload_bytes,
      checksumChunkBytes: row.checksum_chunk_bytes,
      metadata: JSON.parse(row.metadata),
      ...(row.modified_at === null ? {} : { modifiedAt: new Date(row.modified_at) }),
      createdAt: new Date(row.created_at),
    },
  };
}

/** The row that keeps a generation. */
export function fromGeneration(generation: Generation): Tables["generations"] {
  return {
    id: generation.id,
    size: generation.size,
    hash: generation.hash,
    redundancy: JSON.stringify(generation.redundancy),
    payload_bytes: generation.payloadBytes,
    checksum_chunk_bytes: generation.checksumChunkBytes,
    metadata: JSON.stringify(generation.metadata),
    modified_at: generation.modifiedAt?.getTime() ?? null,
    created_at: generation.createdAt.getTime(),
  };
}

/** The rows that keep the blocks of a generation. */
export function fromBlocks(generation: string, blocks: readonly BlockRecord[]): Tables["blocks"][] {
  return blocks.map((block) => ({
    generation,
    block_index: block.index,
    space: block.space,
    path: block.path,
    bytes: block.bytes,
  }));
}

/** The rows that keep the places of an upload; a place named twice is one. */
export function fromPlaces(generation: string, places: UploadRecord["blocks"]): Tables["upload_blocks"][] {
  const rows = new Map<string, Tables["upload_blocks"]>();
  for (const { index, space, path } of places) {
    rows.set(placeKey({ space, path }), { generation, block_index: index, space, path });
  }
  return [...rows.values()];
}

/** A place as a key of maps and sets. A space name holds no colon. */
export function placeKey(place: { readonly space: string; readonly path: string }): string {
  return `${place.space}:${place.path}`;
}

/** The space that a row is about. */
export function toSpace(row: Tables["spaces"]): SpaceRecord {
  return {
    name: row.name,
    connection: row.connection,
    ...(row.location === null ? {} : { location: row.location }),
    ...(row.account === null ? {} : { account: row.account }),
    ...(row.capacity_bytes === null ? {} : { capacityBytes: row.capacity_bytes }),
    ...(row.cost === null ? {} : { cost: JSON.parse(row.cost) }),
    ...(row.probe === null ? {} : { probe: toProbe(row.probe) }),
    createdAt: new Date(row.created_at),
  };
}

/** The row that keeps a space. */
export function fromSpace(space: SpaceRecord): Tables["spaces"] {
  return {
    name: space.name,
    connection: space.connection,
    location: space.location ?? null,
    account: space.account ?? null,
    capacity_bytes: space.capacityBytes ?? null,
    cost: space.cost === undefined ? null : JSON.stringify(space.cost),
    probe: space.probe === undefined ? null : fromProbe(space.probe),
    created_at: space.createdAt.getTime(),
  };
}

/** The text that keeps what a probe found out. */
export function fromProbe(probe: ProbeRecord): string {
  return JSON.stringify({ ...probe, probedAt: probe.probedAt.getTime() });
}

function toProbe(text: string): ProbeRecord {
  const probe = JSON.parse(text);
  return { ...probe, probedAt: new Date(probe.probedAt) };
}
