import type { Redundancy } from "../redundancy/scheme.ts";
import type { ProbeRecord } from "../store/probe/finding.ts";

/** Where the metadata lives: names, generations, blocks, spaces, uploads under way, garbage.
 *
 *  Every method is one transaction: all of it happened, and is durable when the promise resolves, or none of it. Several processes
 *  may use one catalogue at the same time. Names are compared byte for byte. Errors: `NotFound`, `AlreadyExists`,
 *  `ConditionFailed`, `Usage` for a name that breaks the rules of names.ts, and `Unreachable` (`retry: "later"`) when the database cannot
 *  be had. A `limit` is 1 to `CATALOG_PAGE_ROWS`. Lists come in ascending UTF-8 byte order of
 *  their names, in pages, with flat memory. The conformance suite `testCatalog` checks these sentences. */
export interface Catalog {
  readonly spaces: SpaceCatalog;
  readonly names: NameCatalog;
  readonly objects: ObjectCatalog;
  readonly uploads: UploadCatalog;
  readonly garbage: GarbageCatalog;
  close(): Promise<void>;
}

/** A space as it is recorded. */
export interface SpaceRecord {
  readonly name: string;
  /** The connection string with every literal secret replaced by its sealed form; safe to print only after redaction. */
  readonly connection: string;
  /** Where it is, for failure domains and cost: free text, for example `cn-beijing`. */
  readonly location?: string;
  /** Whose account it is, for failure domains. */
  readonly account?: string;
  readonly capacityBytes?: number;
  /** Free figures of the operator, for example `{"egressPerGiB":0.09}`. */
  readonly cost?: Readonly<Record<string, number>>;
  /** What its last probe found out. */
  readonly probe?: ProbeRecord;
  readonly createdAt: Date;
}

/** The spaces that are known. */
export interface SpaceCatalog {
  /** Throws `AlreadyExists`. */
  add(space: SpaceRecord): Promise<void>;
  list(): Promise<readonly SpaceRecord[]>;
  /** `undefined` when there is none. */
  find(name: string): Promise<SpaceRecord | undefined>;
  /** Records what a probe found out, in place of what was known before. Throws `NotFound`. */
  recordProbe(name: string, probe: ProbeRecord): Promise<void>;
  /** Forgets the space. Throws `NotFound`; throws `ConditionFailed` while blocks, uploads or garbage lie there, unless `force`:
   *  then these stay on record, under the name of the space. */
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** What lies there: live blocks and their bytes. */
  usage(name: string): Promise<{ readonly blocks: number; readonly bytes: number }>;
}

/** A bucket as it is recorded. */
export interface BucketRecord {
  readonly name: string;
  readonly createdAt: Date;
}

/** A package as it is recorded. */
export interface PackageRecord {
  readonly bucket: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** Buckets and packages. */
export interface NameCatalog {
  createBucket(name: string): Promise<void>;
  listBuckets(): Promise<readonly BucketRecord[]>;
  /** Throws `NotFound`; throws `ConditionFailed` when packages are left. */
  removeBucket(name: string): Promise<void>;
  /** Throws `NotFound` for the bucket, `AlreadyExists` for the package. */
  createPackage(bucket: string, name: string): Promise<void>;
  /** Makes bucket and package where they are missing. */
  ensurePackage(bucket: string, name: string): Promise<void>;
  /** Throws `NotFound` for the bucket. */
  listPackages(bucket: string): Promise<readonly PackageRecord[]>;
  /** Throws `NotFound`; throws `ConditionFailed` when objects are left. */
  removePackage(bucket: string, name: string): Promise<void>;
  /** Makes package `target` with the same objects; blocks are shared, no byte moves. Throws `NotFound` for the source
   *  package and the target bucket, `AlreadyExists`. */
  clonePackage(source: PackageAddress, target: PackageAddress): Promise<void>;
}

/** The full name of a package. */
export interface PackageAddress {
  readonly bucket: string;
  readonly package: string;
}

/** The full name of an object. */
export interface ObjectAddress extends PackageAddress {
  /** Any UTF-8 but NUL; no empty, `.` or `..` segments; no slash at either end. */
  readonly path: string;
}

/** One stored block: what it holds is said by its index and the object's redundancy. */
export interface BlockRecord {
  readonly index: number;
  readonly space: string;
  /** Path on the space, below the work directory. */
  readonly path: string;
  /** Bytes of the whole block file, checksum table, descriptor and trailer included. */
  readonly bytes: number;
}

/** The content of an object: written once, never changed. */
export interface Generation {
  /** UUIDv7 as 32 lower-case hex digits. */
  readonly id: string;
  readonly size: number;
  /** `sha256:` and 64 lower-case hex digits. */
  readonly hash: string;
  readonly redundancy: Redundancy;
  /** Payload bytes of each block; equal for all. */
  readonly payloadBytes: number;
  readonly checksumChunkBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Modification time of the source, where it had one. */
  readonly modifiedAt?: Date;
  readonly createdAt: Date;
}

/** An object and its current generation. Blocks that are owed (a degraded put) are absent from `blocks`. */
export interface ObjectRecord {
  readonly address: ObjectAddress;
  /** When an object of this name first came to be, by a commit or a copy; a move takes it along, a replacement keeps it. */
  readonly createdAt: Date;
  /** When it last got its generation or its name. */
  readonly updatedAt: Date;
  readonly generation: Generation;
  /** In order of index. */
  readonly blocks: readonly BlockRecord[];
}

/** What lists yield: an object without its blocks. */
export type ObjectEntry = Omit<ObjectRecord, "blocks">;

/** Objects and their current generations. */
export interface ObjectCatalog {
  /** `undefined` when there is none (or no such bucket or package). */
  find(address: ObjectAddress): Promise<ObjectRecord | undefined>;
  /** One page of the objects of a package whose path starts with `prefix`, after path `after`. Throws `NotFound` for the package. */
  page(query: {
    readonly package: PackageAddress;
    readonly prefix?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly ObjectEntry[]>;
  /** One page of one level: objects right below `prefix` (empty, or ending with `/`) and the common prefixes of what lies deeper
   *  (each ending with `/`), together in order. Skips over what is below a common prefix without reading it. `after` is the last
   *  name of the page before: a path, or a prefix with its slash. Throws `NotFound` for the package. */
  level(query: {
    readonly package: PackageAddress;
    readonly prefix: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly ({ readonly prefix: string } | { readonly object: ObjectEntry })[]>;
  /** Forgets the object; its blocks become garbage unless another object shares them. A missing object is `NotFound`. */
  remove(address: ObjectAddress, at: Date): Promise<void>;
  /** Renames. An object at the target is `AlreadyExists`, unless `replace`. A target package that is missing is `NotFound`.
   *  Onto itself with `replace`: nothing changes. */
  move(
    source: ObjectAddress,
    target: ObjectAddress,
    options: { readonly replace: boolean; readonly at: Date },
  ): Promise<void>;
  /** A second object with the same generation. Errors as for `move`. */
  copy(
    source: ObjectAddress,
    target: ObjectAddress,
    options: { readonly replace: boolean; readonly at: Date },
  ): Promise<void>;
}

/** An upload under way: written before its first block, gone when it is committed or aborted. */
export interface UploadRecord {
  readonly generation: string;
  readonly address: ObjectAddress;
  /** Where blocks may lie already. */
  readonly blocks: readonly { readonly index: number; readonly space: string; readonly path: string }[];
  readonly leaseUntil: Date;
}

/** Uploads under way, from the intent to the commit. */
export interface UploadCatalog {
  /** Records the intent: makes bucket and package where they are missing. Throws `AlreadyExists` when `ifAbsent` and the object is there,
   *  `ConditionFailed` when a place is garbage that is still to be removed, or the upload is under way already. */
  begin(upload: UploadRecord, options?: { readonly ifAbsent?: boolean }): Promise<void>;
  /** Adds places (a space that takes over for another) and renews the lease. Throws `ConditionFailed` when the upload is gone, or a
   *  place is garbage. */
  extend(
    generation: string,
    options: {
      readonly leaseUntil: Date;
      readonly blocks?: UploadRecord["blocks"];
    },
  ): Promise<void>;
  /** In one transaction: makes the generation current, makes the blocks of the one before garbage (unless shared), makes the
   *  places of the upload that are not in `blocks` garbage, clears the upload. Throws `ConditionFailed` when the upload is gone (its
   *  lease ran out and it was collected), `AlreadyExists` when `ifAbsent` and there is an object; then nothing has changed.
   *  Requires: the address that the upload began with; every block lies at one of its places. Makes bucket and package again when
   *  they were removed meanwhile. An upload whose lease has run out, but which is still there, is committed. */
  commit(upload: {
    readonly address: ObjectAddress;
    readonly generation: Generation;
    readonly blocks: readonly BlockRecord[];
    readonly ifAbsent?: boolean;
    readonly at: Date;
  }): Promise<void>;
  /** Makes all places of the upload garbage and clears it. Idempotent. */
  abort(generation: string, at: Date): Promise<void>;
  /** Uploads whose lease ended before `now`: crashed, or hung. */
  expired(now: Date, limit: number): Promise<readonly UploadRecord[]>;
}

/** A block file that nothing refers to any more. */
export interface GarbageRecord {
  readonly space: string;
  readonly path: string;
  readonly retiredAt: Date;
}

/** Block files that may be removed from their spaces. */
export interface GarbageCatalog {
  /** What was retired before `before`, oldest first. */
  list(query: {
    readonly before: Date;
    readonly limit: number;
    /** Only what lies on this space: what cannot be removed from one space must not hide what lies on the others. */
    readonly space?: string;
  }): Promise<readonly GarbageRecord[]>;
  /** Forgets garbage that has been removed from its space. */
  clear(records: readonly GarbageRecord[]): Promise<void>;
}
