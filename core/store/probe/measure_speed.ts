import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { type Measurement, type ProbeBench, pathsBelow, probeBytes, readBytes } from "./probe_bench.ts";

const SMALL_BYTES = 1024;
const SMALL_ROUNDS = 12;
const LARGE_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 512 * 1024;

/** How quick the store is, and its clock. */
export const SPEED: readonly Measurement[] = [
  {
    name: "clock skew",
    async run({ store, folder, options }) {
      const before = Date.now();
      await store.write(`${folder}clock`, probeBytes(1), { ...options, size: 1 });
      const after = Date.now();
      const { modifiedAt } = await store.stat(`${folder}clock`, options);
      if (modifiedAt === undefined) return { verdict: "unknown", detail: "the service tells no times" };
      const at = modifiedAt.getTime();
      // Many services tell whole seconds.
      const early = Math.max(0, before - 1000 - at);
      const late = Math.max(0, at - after);
      const value = late > 0 ? late : -early;
      return { verdict: value === 0 ? "yes" : "no", value, unit: "ms", detail: describeSkew(value) };
    },
  },
  latency("write latency", ({ store, folder, options }, round) =>
    store.write(`${folder}small-${round}`, probeBytes(SMALL_BYTES, round), { ...options, size: SMALL_BYTES }),
  ),
  latency("stat latency", ({ store, folder, options }, round) =>
    store.stat(`${folder}small-${round}`, options),
  ),
  latency("read latency", (bench, round) =>
    readBytes(bench, { path: `${bench.folder}small-${round}`, bytesMax: SMALL_BYTES }),
  ),
  latency("list latency", (bench) => pathsBelow(bench, `${bench.folder}none`)),
  latency("remove latency", ({ store, folder, options }, round) =>
    store.remove(`${folder}small-${round}`, options),
  ),
  {
    name: "write throughput",
    async run({ store, folder, options }) {
      const startedMs = performance.now();
      await store.write(`${folder}large`, largeBody(), { ...options, size: LARGE_BYTES });
      return throughput(startedMs);
    },
  },
  {
    name: "read throughput",
    async run({ store, folder, options }) {
      const startedMs = performance.now();
      let bytes = 0;
      for await (const chunk of await store.read(`${folder}large`, options)) {
        bytes += chunk.length;
        giveBack(chunk);
      }
      if (bytes !== LARGE_BYTES)
        return { verdict: "broken", detail: `${bytes} of ${LARGE_BYTES} bytes came` };
      return throughput(startedMs);
    },
  },
];

/** The median of several calls; the slowest in words. */
function latency(
  name: Measurement["name"],
  call: (bench: ProbeBench, round: number) => Promise<unknown>,
): Measurement {
  return {
    name,
    async run(bench) {
      const times: number[] = [];
      for (let round = 1; round <= SMALL_ROUNDS; round++) {
        const startedMs = performance.now();
        await call(bench, round);
        times.push(performance.now() - startedMs);
      }
      times.sort((left, right) => left - right);
      const value = rounded(times[Math.floor(times.length / 2)] ?? 0);
      return {
        verdict: "yes",
        value,
        unit: "ms",
        detail: `slowest of ${SMALL_ROUNDS}: ${rounded(times.at(-1) ?? 0)} ms`,
      };
    },
  };
}

function throughput(startedMs: number) {
  const seconds = Math.max(performance.now() - startedMs, 0.001) / 1000;
  return { verdict: "yes", value: Math.round(LARGE_BYTES / seconds), unit: "bytesPerSecond" } as const;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

function describeSkew(milliseconds: number): string {
  if (milliseconds === 0) return "its clock is this machine's, as far as it tells";
  return milliseconds > 0 ? "its clock is ahead of this machine's" : "its clock is behind this machine's";
}

async function* largeBody(): ByteStream {
  for (let sent = 0; sent < LARGE_BYTES; sent += CHUNK_BYTES) yield probeBytes(CHUNK_BYTES, sent + 1);
}
