import { assert } from "../assert.ts";

let lastMs = -1;
let counter = 0;

/** Makes the name of a new generation of an object: a UUIDv7 as 32 lower-case hex digits.
 *
 *  Names sort by the time of their making, and inside this process each is greater than all before it, also when the clock stands
 *  still or goes back. The last 62 bits are random. Source: RFC 9562, §5.7 and §6.2, method 1. */
export function newGeneration(now: Date = new Date()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  const nowMs = now.getTime();
  assert(nowMs >= 0 && nowMs < 2 ** 48, "the clock fits in 48 bits");
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // The top bit stays free, so that a millisecond has room for 2048 names at least.
    counter = view.getUint16(6) & 0x7ff;
  } else {
    counter += 1;
    if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  }
  view.setUint32(0, Math.floor(lastMs / 2 ** 16));
  view.setUint16(4, lastMs % 2 ** 16);
  view.setUint16(6, 0x7000 | counter);
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  return Buffer.from(bytes.buffer).toString("hex");
}

/** Whether `text` can name a generation. */
export function isGeneration(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
