import { createHash, type Hash } from "node:crypto";
import { giveBack, isPooled, shareBuffer } from "../../ioswitch/buffer_pool.ts";
import { assert } from "../assert.ts";
import type { JcsError } from "../errors.ts";
import { HASH_BUFFER_BYTES, HASH_BUFFERS_MAX, HASH_INLINE_BYTES_MAX } from "../limits.ts";
import type { HashChannel, HashPool } from "./hash_pool.ts";
import type { Hasher } from "./hasher.ts";

/** Bytes that wait to be hashed: copied into a buffer, `bytes` of it so far, or a chunk of the buffer pool where it lies. */
type Slab = { readonly kind: "copy"; readonly buffer: ArrayBuffer; bytes: number } | View;

interface View {
  readonly kind: "view";
  readonly chunk: Uint8Array;
}

/** A SHA-256 that goes to a worker of `pool` once more than {@link HASH_INLINE_BYTES_MAX} have come; what is shorter, or comes while
 *  no worker can be had, is hashed here. Chunks of the buffer pool are read where they are once the worker runs, all else is copied into
 *  transferable buffers; at most {@link HASH_BUFFERS_MAX} of both are under way. */
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
      hash.update(slab.kind === "view" ? slab.chunk : new Uint8Array(slab.buffer, 0, slab.bytes));
      letGo(slab);
    }
    slabs = [];
    inline = hash;
    return hash;
  }

  /** Sends what is full, or all when `everything`. */
  function send(everything = false): void {
    while (running && channel !== undefined && slabs[0] !== undefined) {
      const slab = slabs[0];
      // A buffer with room waits for more, unless something stands behind it.
      if (!everything && slabs.length === 1 && hasRoom(slab)) return;
      slabs.shift();
      sent += 1;
      if (slab.kind === "view") channel.updateView(slab.chunk);
      else channel.update(slab.buffer, slab.bytes);
    }
  }

  /** Lends a chunk of the buffer pool to the worker; false when too much is under way. */
  function lend(chunk: Uint8Array): boolean {
    if (slabs.length + sent >= HASH_BUFFERS_MAX) return false;
    shareBuffer(chunk, 1);
    slabs.push({ kind: "view", chunk });
    totalBytes += chunk.length;
    send();
    return true;
  }

  function letGo(slab: Slab): void {
    if (slab.kind === "view") giveBack(slab.chunk);
    else pool.giveBuffer(slab.buffer);
  }

  /** Takes as much of `bytes` as there is room for, and returns the rest. */
  function fill(bytes: Uint8Array): Uint8Array {
    if (failure !== undefined) throw failure;
    let rest = cancelled ? bytes.subarray(bytes.length) : bytes;
    while (rest.length > 0 && inline === undefined) {
      if (running && isPooled(rest)) return lend(rest) ? rest.subarray(rest.length) : rest;
      let slab = slabs.at(-1);
      if (slab === undefined || !hasRoom(slab)) {
        if (slabs.length + sent >= HASH_BUFFERS_MAX) return rest;
        slab = { kind: "copy", buffer: pool.takeBuffer(), bytes: 0 };
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
      slabs.forEach(letGo);
      slabs = [];
      signal();
    },
  };
}

function hasRoom(slab: Slab): slab is Exclude<Slab, View> {
  return slab.kind === "copy" && slab.bytes < HASH_BUFFER_BYTES;
}

function name(hex: string): string {
  return `sha256:${hex}`;
}
