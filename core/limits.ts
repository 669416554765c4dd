/** Every bound of the program, in one place. Nothing grows with the size or the number of objects. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Most bytes in one chunk that a source hands to a stream. */
export const STREAM_CHUNK_BYTES = 1 * MIB;

/** Objects up to this length are hashed where they pass; longer ones on a worker thread. */
export const HASH_INLINE_BYTES_MAX = 1 * MIB;

/** The buffers that carry bytes to a hashing worker, and how many of them one hash may have under way. */
export const HASH_BUFFER_BYTES = 512 * KIB;
export const HASH_BUFFERS_MAX = 4;

/** Most hashing workers of one process; there are never more than cores beside the main thread's. */
export const HASH_WORKERS_MAX = 8;

/** Payload bytes under one CRC-32 in a block. */
export const CHECKSUM_CHUNK_BYTES = 64 * KIB;

/** Bytes read from the end of a block whose catalogue entry is unknown, to find trailer, descriptor and table. */
export const BLOCK_TAIL_READ_BYTES = 64 * KIB;

/** Blocks up to this length are read whole in one request; of longer ones the tail comes first. */
export const BLOCK_WHOLE_READ_BYTES_MAX = 256 * KIB;

/** Longest checksum table that an open block keeps in memory (64 GiB of payload); of longer ones it reads what it needs. */
export const CHECKSUM_TABLE_HELD_BYTES_MAX = 4 * MIB;

/** Largest descriptor that a reader accepts. */
export const DESCRIPTOR_BYTES_MAX = 1 * MIB;

/** Largest block that a reader accepts the checksum table of: 4 bytes for each {@link CHECKSUM_CHUNK_BYTES}. */
export const CHECKSUM_TABLE_BYTES_MAX = 256 * MIB;

/** Strip chunk lengths that a scheme may have; a power of two. */
export const STRIP_CHUNK_BYTES_MIN = 64 * KIB;
export const STRIP_CHUNK_BYTES_MAX = 64 * MIB;
export const STRIP_CHUNK_BYTES_DEFAULT = 1 * MIB;

/** Bytes of one shard that are coded at a time, and most bytes of all data shards together. */
export const CODING_PIECE_BYTES = 1 * MIB;
export const CODING_STRIPE_BYTES = 16 * MIB;

/** The first bytes of shards that a computation reads are coded where they pass, and so is every stripe of fewer bytes than the second
 *  bound: a worker would take longer to be asked. */
export const CODING_INLINE_BYTES_MAX = 4 * MIB;
export const CODING_JOB_BYTES_MIN = 512 * KIB;

/** Most coding workers of one process (there are never more than cores beside the main thread's), the jobs that one may have, running
 *  and waiting, and the memory to which stripes from elsewhere are copied: what does not fit in is coded where it passes. */
export const CODING_WORKERS_MAX = 8;
export const CODING_JOBS_PER_WORKER = 2;
export const CODING_MEMORY_BYTES = 64 * MIB;

/** How long a block read may give nothing before another block is taken instead. */
export const BLOCK_STALL_MS = 10_000;

/** A source of unknown size (a pipe) up to this length is kept in memory, so that it can be stored again when a space fails. */
export const SMALL_SOURCE_BYTES_MAX = 8 * MIB;

/** How long opening a space may take: a disk that hangs would never answer. */
export const SPACE_OPEN_MS = 30_000;

/** Smallest read cache. */
export const CACHE_BYTES_MIN = 16 * MIB;

/** Bytes of one chunk in a read cache, which is one file. */
export const CACHE_CHUNK_BYTES = 256 * KIB;

/** Of an object without a tag no longer range is cached: it is held in memory until it is known that the object did not change meanwhile. */
export const CACHE_UNTAGGED_BYTES_MAX = 4 * MIB;

/** What changed less than this ago may change again without another time of change. */
export const CACHE_SETTLED_MS = 3000;

/** How long a cached chunk of a block counts without asking its space. */
export const CACHE_BLOCK_MS = 24 * 60 * 60_000;

/** Objects whose versions a read cache remembers, where it may. */
export const CACHE_VERSIONS_MAX = 10_000;

/** What a test or probe of a space left that was killed goes after this: surely nobody works on it any more, whatever the clocks. */
export const LEFTOVER_AGE_MS = 6 * 60 * 60_000;

/** A probe of a space that is older than this is not used any more. */
export const PROBE_AGE_MS_MAX = 30 * 24 * 60 * 60_000;

/** How long it may take until what a probe found out about the speed of a space is used. */
export const SPACE_SPEEDS_MS = 60_000;

/** How long a space that failed is used only as a last resort. */
export const SUSPECT_MS = 60_000;

/** Most bytes that wait on one wire of a plan, unless its strips need more. */
export const WIRE_BUFFER_BYTES = 2 * MIB;

/** Most data and parity blocks of one object. */
export const BLOCKS_MAX = 255;

/** Longest object path, in UTF-8 bytes. */
export const OBJECT_PATH_BYTES_MAX = 1024;

/** Longest name of a bucket, package or space, in UTF-8 bytes. */
export const NAME_BYTES_MAX = 128;

/** Objects that one command moves at the same time, unless `--parallel` says otherwise. */
export const PARALLEL_OBJECTS_DEFAULT = 8;

/** Operations that one space serves at the same time. */
export const SPACE_CONCURRENCY_DEFAULT = 16;

/** Longest that a call is held back because its service seems to be overloaded: less than {@link BLOCK_STALL_MS}, so that nobody takes
 *  another block only for that. */
export const ADAPTIVE_WAIT_MS_MAX = 4000;

/** Longest wait that a service may ask for before another try. */
export const RETRY_AFTER_MS_MAX = 120_000;

/** Tries of one idempotent operation, the first included. */
export const ATTEMPTS_MAX = 4;

/** First wait before a retry; doubled each time, with full jitter. */
export const RETRY_DELAY_MS = 200;
export const RETRY_DELAY_MS_MAX = 10_000;

/** Longest that one operation without a body may take. */
export const OPERATION_TIMEOUT_MS = 60_000;

/** Longest silence of a stream that somebody is waiting for. */
export const STREAM_IDLE_TIMEOUT_MS = 30_000;

/** Slowest transfer that does not count as silence, per stream; a slower line needs a longer `idle_timeout`. */
export const TRANSFER_BYTES_PER_SECOND_MIN = 256 * KIB;

/** A copy inside a service may take this many times {@link OPERATION_TIMEOUT_MS}: its time grows with an object that is not seen here. */
export const COPY_TIMEOUT_FACTOR = 10;

/** How long a service that was cancelled may take to tidy up before nobody waits for it any more. */
export const CANCEL_GRACE_MS = 1000;

/** How long an upload may go without renewing its lease before its blocks count as garbage. */
export const UPLOAD_LEASE_MS = 10 * 60_000;

/** Blocks that garbage collection removes from one space at the same time. */
export const GARBAGE_PARALLEL = 8;

/** How long retired blocks stay on their spaces, for readers that still use them. */
export const GARBAGE_GRACE_MS = 60 * 60_000;

/** Rows that one catalogue query returns at the most. */
export const CATALOG_PAGE_ROWS = 1000;
