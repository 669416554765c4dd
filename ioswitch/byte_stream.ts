/** Bytes in order, read by exactly one consumer.
 *
 *  A chunk belongs to the consumer once it is yielded: the producer neither changes nor reuses it. The consumer does not
 *  change it either, since others may own the same memory (see `buffer_pool.ts`); it may pass it on, keep it, or, when it
 *  is the last to need it, give it back. Chunks are never empty. A consumer that stops early must end the iteration (`break`, `return()`), which cancels the producer.
 *  A failure is thrown from the iteration; the end of the iteration is the end of the bytes, and nothing less. */
export type ByteStream = AsyncIterable<Uint8Array>;
