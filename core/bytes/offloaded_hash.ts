import { createHash, type Hash } from "node:crypto";
import { assert } from "../assert.ts";
import type { JcsError } from "../errors.ts";
import { HASH_BUFFER_BYTES, HASH_BUFFERS_MAX, HASH_INLINE_BYTES_MAX } from "../limits.ts";
import type { HashChannel, HashPool } from "./hash_pool.ts";
import type { Hasher } from "./hasher.ts";

/** A buffer that waits to be hashed, with `bytes` bytes in it. */
interface Slab {
  readonly buffer: ArrayBuffer;
  bytes: number;
}

/** A SHA-256 that goes to a worker of `pool` once more than {@link HASH_INLINE_BYTES_MAX} have come; what is shorter, or comes while
 *  no worker can be had, is hashed here. Bytes are copied into transferable buffers, at most {@link HASH_BUFFERS_MAX} at a time. */
export function offloadedHash(pool: HashPool): Hasher {
  /** Filled and not yet sent; the last one may have room. */
  let slabs: Slab[] = [];
  let sent = 0;
  let totalBytes = 0;
  let channel: HashChannel | undefined;
  let running = false;
  /** The hash, where it is made here. */
  let inline: Hash | undefined;
  let failure: JcsError | undefined;
  let cancelled = false;
  let hex: string | undefined;
  let wake: (() => void) | undefined;

  function signal(): void {
    wake?.();
    wake = undefined;
  }

  function changed(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  function open(): void {
    channel = pool.open({
      ready() {
        running = true;
        send();
        signal();
      },
      taken() {
        sent -= 1;
        signal();
      },
      digest(value) {
        hex = value;
        signal();
      },
      failed(error) {
        channel = undefined;
        // Before the first byte was sent, nothing is lost.
        if (running) failure = error;
        else hashHere();
        signal();
      },
    });
    if (channel === undefined) hashHere();
  }

  /** Hashes all that waits on this thread, and all that will come. */
  function hashHere(): Hash {
    const hash = createHash("sha256");
    for (const slab of slabs) {
      hash.update(new Uint8Array(slab.buffer, 0, slab.bytes));
      pool.giveBuffer(slab.buffer);
    }
    slabs = [];
    inline = hash;
    return hash;
  }

  /** Sends what is full, or all when `everything`. */
  function send(everything = false): void {
    while (running && slabs[0] !== undefined && (everything || slabs[0].bytes === HASH_BUFFER_BYTES)) {
      const { buffer, bytes } = slabs.shift()!;
      sent += 1;
      channel?.update(buffer, bytes);
    }
  }

  /** Takes as much of `bytes` as there is room for, and returns the rest. */
  function fill(bytes: Uint8Array): Uint8Array {
    if (failure !== undefined) throw failure;
    let rest = cancelled ? bytes.subarray(bytes.length) : bytes;
    while (rest.length > 0 && inline === undefined) {
      let slab = slabs.at(-1);
      if (slab === undefined || slab.bytes === HASH_BUFFER_BYTES) {
        if (slabs.length + sent >= HASH_BUFFERS_MAX) return rest;
        slab = { buffer: pool.takeBuffer(), bytes: 0 };
        slabs.push(slab);
      }
      const part = rest.subarray(0, HASH_BUFFER_BYTES - slab.bytes);
      new Uint8Array(slab.buffer).set(part, slab.bytes);
      slab.bytes += part.length;
      totalBytes += part.length;
      rest = rest.subarray(part.length);
      if (totalBytes > HASH_INLINE_BYTES_MAX && channel === undefined) open();
      send();
    }
    if (rest.length > 0) inline?.update(rest);
    return rest.subarray(rest.length);
  }

  async function fillWhenFree(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      await changed();
      rest = fill(rest);
    }
  }

  return {
    update(chunk) {
      assert(wake === undefined, "the update before was awaited");
      const rest = fill(chunk);
      return rest.length === 0 ? undefined : fillWhenFree(rest);
    },
    async digest() {
      assert(wake === undefined && !cancelled, "the hash is still wanted and the update before was awaited");
      if (channel === undefined && failure === undefined) return name((inline ?? hashHere()).digest("hex"));
      while (channel !== undefined && !running) await changed();
      send(true);
      channel?.digest();
      while (hex === undefined && failure === undefined && inline === undefined) await changed();
      if (failure !== undefined) throw failure;
      return name(hex ?? inline!.digest("hex"));
    },
    cancel() {
      cancelled = true;
      channel?.cancel();
      for (const slab of slabs) pool.giveBuffer(slab.buffer);
      slabs = [];
      signal();
    },
  };
}

function name(hex: string): string {
  return `sha256:${hex}`;
}
