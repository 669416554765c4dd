import type { Plan } from "../ioswitch/plan.ts";
import type { ByteStream } from "./bytes/byte_stream.ts";
import type {
  BlockRecord,
  BucketRecord,
  ObjectAddress,
  ObjectEntry,
  ObjectRecord,
  PackageAddress,
  PackageRecord,
  SpaceRecord,
} from "./catalog/catalog.ts";
import type { JcsError } from "./errors.ts";
import type { NativeClient } from "./native_client.ts";
import type { Redundancy, Scheme } from "./redundancy/scheme.ts";
import type { OperationMetrics } from "./store/layers/metrics.ts";
import type { ProbeFinding } from "./store/probe/finding.ts";

/** All that a command sees of jcs: in this process, or through a daemon. A command is written once and works with both.
 *
 *  Every method throws {@link JcsError}. `signal` ends it with `Cancelled`; nothing half-written stays. */
export interface Client {
  readonly spaces: SpaceClient;
  readonly buckets: {
    create(name: string): Promise<void>;
    list(): Promise<readonly BucketRecord[]>;
    /** `recursive` removes its packages and their objects too. */
    remove(name: string, options?: { readonly recursive?: boolean }): Promise<void>;
  };
  readonly packages: {
    create(address: PackageAddress): Promise<void>;
    list(bucket: string): Promise<readonly PackageRecord[]>;
    remove(address: PackageAddress, options?: { readonly recursive?: boolean }): Promise<void>;
    clone(source: PackageAddress, target: PackageAddress): Promise<void>;
  };
  /** Stores one object. */
  put(request: PutRequest): Promise<PutOutcome>;
  /** Opens one object for reading. Resolves when the object is known and its blocks are chosen; the bytes come by `body`. */
  get(request: GetRequest): Promise<GetOutcome>;
  /** Throws `NotFound`. */
  stat(address: ObjectAddress): Promise<ObjectRecord>;
  /** Everything below a prefix, in order, with flat memory. */
  list(request: ListRequest): AsyncIterable<ListEntry>;
  remove(address: ObjectAddress): Promise<void>;
  move(source: ObjectAddress, target: ObjectAddress, options?: { readonly replace?: boolean }): Promise<void>;
  copy(source: ObjectAddress, target: ObjectAddress, options?: { readonly replace?: boolean }): Promise<void>;
  /** The plan that put or get would run, drawn before or after optimisation. Transfers nothing. */
  planPut(request: PlanPutRequest): Promise<Plan>;
  planGet(request: PlanGetRequest): Promise<Plan>;
  /** Removes blocks that nothing refers to and that were retired at least `graceMs` ago (an hour unless given); yields each space with its
   *  outcome. */
  collectGarbage(options?: {
    readonly graceMs?: number;
    readonly signal?: AbortSignal;
  }): AsyncIterable<GarbageOutcome>;
  /** One line per op for people, in plan order: what `plan --text` and the labels of a drawing show. */
  describe(plan: Plan): ReadonlyMap<string, string>;
  /** The files of spaces that are none of jcs; absent where they cannot be reached. */
  readonly native?: NativeClient;
  /** What the spaces did so far, operation by operation; absent where they work elsewhere. */
  metrics?(): readonly OperationMetrics[];
  close(): Promise<void>;
}

/** A space as commands show it: no secrets. */
export interface SpaceView extends Omit<SpaceRecord, "createdAt"> {
  readonly service: string;
  /** The connection string with secrets replaced by `***`. */
  readonly connection: string;
  /** Why its probe is not used any more. */
  readonly probeIgnored?: string;
  /** From `JCS_SPACE_<NAME>`, for this run only. */
  readonly temporary: boolean;
  readonly blocks: number;
  readonly bytes: number;
}

/** One thing that `space test` tried. */
export interface SpaceTestStep {
  readonly step: "write" | "stat" | "read" | "list" | "remove";
  readonly milliseconds: number;
  readonly error?: JcsError;
}

/** The spaces, as commands see and change them. */
export interface SpaceClient {
  /** Checks the connection string, opens it once, seals its secrets and records it. */
  add(space: Omit<SpaceRecord, "probe" | "createdAt">): Promise<void>;
  list(): Promise<readonly SpaceView[]>;
  /** Throws `NotFound`. */
  show(name: string): Promise<SpaceView>;
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Writes, stats, reads, lists and removes a small object; yields each step as it ends; stops at the first error. Only lists and
   *  reads where nothing can be written. */
  test(name: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<SpaceTestStep>;
  /** Measures what the space can do and how quick it is; yields each finding as it is made, and records all of them in the end, unless the
   *  space is temporary. What was written is removed in any case. */
  probe(name: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<ProbeFinding>;
}

/** Bytes that go in. */
export interface PutSource {
  /** Length in bytes, when known before reading. A source that turns out different is `ConditionFailed`: it changed meanwhile. */
  readonly size?: number;
  readonly modifiedAt?: Date;
  /** Starts reading from byte 0. */
  open(): ByteStream;
  /** Whether `open` may be called again (a file, not a pipe). */
  readonly reopenable: boolean;
}

/** What to store, where, and how. */
export interface PutRequest {
  readonly address: ObjectAddress;
  readonly source: PutSource;
  /** `auto` unless given. */
  readonly scheme?: Scheme;
  /** Use only these spaces. */
  readonly spaces?: readonly string[];
  /** Prefer the spaces of this location. */
  readonly affinity?: string;
  readonly ifAbsent?: boolean;
  /** Leave it alone when size and modification time are those of the stored object. */
  readonly skipUnchanged?: boolean;
  /** Accept fewer blocks than the scheme wants, as long as the object can be read; the outcome says so. */
  readonly allowDegraded?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TransferEvent) => void;
}

/** What happens during a transfer, for progress and for messages. */
export type TransferEvent =
  /** `bytes` more of the object have passed. */
  | { readonly type: "progress"; readonly bytes: number }
  /** Something failed and was worked around; the transfer goes on. */
  | { readonly type: "workaround"; readonly message: string; readonly error: JcsError }
  /** The named step is complete and the next has not begun. */
  | { readonly type: "step"; readonly step: string };

/** What became of a put. */
export interface PutOutcome {
  readonly status: "stored" | "unchanged" | "degraded";
  readonly object: ObjectRecord;
  /** Block numbers that are owed, when degraded. */
  readonly missingBlocks: readonly number[];
  /** What `auto` would have chosen if all spaces worked, when that bears more losses: also a degraded put. */
  readonly weakerThan?: Redundancy;
  /** Things the user should know, for example that nothing protects the data. */
  readonly warnings: readonly string[];
}

/** Which object to read, or which part of it. */
export interface GetRequest {
  readonly address: ObjectAddress;
  readonly offset?: number;
  readonly length?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TransferEvent) => void;
}

/** An object that is being read. */
export interface GetOutcome {
  readonly object: ObjectRecord;
  /** Bytes that `body` will deliver. */
  readonly length: number;
  /** Verified bytes. When the whole object was asked for, the last pull fails with `Corrupt` if the object's SHA-256 is wrong: do
   *  not keep what came until the end of the stream was reached. Ends with `TooFewBlocks` when no way around the losses is left. */
  readonly body: ByteStream;
}

/** Which objects to list. */
export interface ListRequest {
  readonly package: PackageAddress;
  /** Only paths that start with this. */
  readonly prefix?: string;
  /** Only paths after this one. */
  readonly after?: string;
  /** One level only: what lies deeper shows as its prefix. `prefix` must then be empty or end with `/`. */
  readonly delimited?: boolean;
}

/** One line of a list. */
export type ListEntry =
  | { readonly type: "prefix"; readonly path: string }
  | { readonly type: "object"; readonly object: ObjectEntry };

/** Which put to plan. */
export interface PlanPutRequest {
  readonly address: ObjectAddress;
  readonly size?: number;
  readonly scheme?: Scheme;
  readonly spaces?: readonly string[];
  readonly affinity?: string;
  /** Show it as it was before the passes. */
  readonly before?: boolean;
}

/** Which get to plan. */
export interface PlanGetRequest {
  readonly address: ObjectAddress;
  readonly offset?: number;
  readonly length?: number;
  /** Plan as if these spaces were gone. */
  readonly without?: readonly string[];
  readonly before?: boolean;
}

/** What garbage collection did on one space. */
export interface GarbageOutcome {
  readonly space: string;
  /** Blocks removed. */
  readonly removed: number;
  /** Why others stayed; they are tried again next time. */
  readonly error?: JcsError;
}

/** Where the blocks of an object are, for `redundancy show`. */
export interface BlockView extends BlockRecord {
  readonly role: "data" | "parity" | "replica";
}
