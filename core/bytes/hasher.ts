import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { HASH_INLINE_BYTES_MAX, HASH_WORKERS_MAX } from "../limits.ts";
import { createHashPool, type HashPool } from "./hash_pool.ts";
import { offloadedHash } from "./offloaded_hash.ts";

/** A hash of bytes that come in order. */
export interface Hasher {
  /** Counts the next bytes in. They are only read, and only until this returns or, where it returns a promise, until that settles:
   *  wait for it before the next call and before handing the chunk on. A chunk of the buffer pool is read for longer, and is
   *  shared so long; nobody changes those anyway. Throws or rejects when the worker died. */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Ends the hash: `sha256:` and 64 lower-case hex digits. Nothing may be called afterwards. */
  digest(): Promise<string>;
  /** Gives up; `digest` is not wanted. May be called at any time, also afterwards. */
  cancel(): void;
}

/** Options of {@link createHasher}. */
export interface HasherOptions {
  readonly algorithm: "sha256";
  /** How many bytes will come, when known: a short object is not worth a buffer. */
  readonly sizeBytes?: number;
  /** The workers to use; the process's own unless given. */
  readonly pool?: HashPool;
}

/** The program of the workers: beside this file from source; in the executable, where every module has the URL of the executable and
 *  each worker is an entry point of its own in one flat folder, beside that. */
const WORKER_URL = new URL("./sha256_worker.ts", import.meta.url);

let ownPool: HashPool | undefined;

/** Starts a hash. Beyond {@link HASH_INLINE_BYTES_MAX} and with more than one core it runs on a worker thread beside the caller, who
 *  only copies: some 2 MiB may be under way, then `update` waits. Where workers cannot be started it runs here. */
export function createHasher(options: HasherOptions): Hasher {
  if (options.sizeBytes !== undefined && options.sizeBytes <= HASH_INLINE_BYTES_MAX) return inlineHash();
  if (options.pool !== undefined) return offloadedHash(options.pool);
  const cores = availableParallelism();
  if (cores < 2) return inlineHash();
  ownPool ??= createHashPool({
    url: WORKER_URL,
    workersMax: Math.min(cores - 1, HASH_WORKERS_MAX),
  });
  return offloadedHash(ownPool);
}

/** Ends the hashing workers of this process; hashes under way fail. Idle workers do not keep a process alive, so this is for programs
 *  that go on. Hashing afterwards starts new ones. */
export async function closeHashers(): Promise<void> {
  const pool = ownPool;
  ownPool = undefined;
  await pool?.close();
}

function inlineHash(): Hasher {
  const hash = createHash("sha256");
  return {
    update(chunk) {
      hash.update(chunk);
      return undefined;
    },
    digest: async () => `sha256:${hash.digest("hex")}`,
    cancel() {},
  };
}
