import { randomUUID } from "node:crypto";
import { giveBack, takeBuffer } from "../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../bytes/byte_stream.ts";
import { JcsError } from "../errors.ts";
import { STREAM_CHUNK_BYTES } from "../limits.ts";
import type { NativeClient } from "../native_client.ts";
import { probeBytes } from "../store/probe/probe_bench.ts";

/** What is measured of a space: one large file and many small ones, up, down and listed. */
export interface SpaceBench {
  readonly space: string;
  readonly largeBytes: number;
  readonly smallBytes: number;
  readonly files: number;
  /** Small files that are on their way at the same time. */
  readonly parallel: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** One measured case, over all rounds. */
export interface SpaceSpeed {
  readonly name: string;
  readonly unit: "bytesPerSecond" | "filesPerSecond";
  readonly best: number;
  readonly median: number;
  readonly rounds: number;
}

/** How long tidying up may take. */
const TIDY_MS = 60_000;

/** Measures a space as its files are moved with `space:path`, case by case, and yields each when all its rounds are done.
 *
 *  Everything is written below one directory `jcs-bench-…` at the top of the space and removed in the end, also when the caller stops early or the
 *  signal is aborted. Throws what the space throws, and `Corrupt` when it gives other bytes, or lists other files, than were written. */
export async function* benchSpace(native: NativeClient, bench: SpaceBench): AsyncGenerator<SpaceSpeed> {
  const { space, largeBytes, smallBytes, files, signal } = bench;
  const top = `jcs-bench-${randomUUID()}`;
  const large = { space, path: `${top}/large` };
  const small = (index: number) => ({ space, path: `${top}/small/${index}` });
  const content = probeBytes(smallBytes);
  const fetch = async (at: { readonly space: string; readonly path: string }, expectedBytes: number) => {
    let bytes = 0;
    for await (const chunk of await native.read(at, { signal })) {
      bytes += chunk.length;
      giveBack(chunk);
    }
    if (bytes !== expectedBytes) throw differs(bench, `${bytes} of ${expectedBytes} bytes came back`);
  };
  const work: Readonly<Record<string, () => Promise<unknown>>> = {
    "write large": () => native.write(large, bytesOf(largeBytes), { size: largeBytes, signal }),
    "read large": () => fetch(large, largeBytes),
    "write small": () => each(bench, (index) => native.write(small(index), content, { signal })),
    "read small": () => each(bench, (index) => fetch(small(index), smallBytes)),
    async list() {
      let listed = 0;
      for await (const _ of native.list({ space, path: `${top}/small` }, { signal })) listed += 1;
      if (listed !== files) throw differs(bench, `${listed} of ${files} files were listed`);
    },
  };
  try {
    for (const [name, run] of Object.entries(work)) {
      const seconds: number[] = [];
      for (let round = 0; round < bench.rounds; round++) {
        signal.throwIfAborted();
        const startedMs = performance.now();
        await run();
        seconds.push(Math.max(performance.now() - startedMs, 0.001) / 1000);
      }
      seconds.sort((left, right) => left - right);
      const isLarge = name.endsWith("large");
      const amount = isLarge ? largeBytes : files;
      yield {
        name,
        unit: isLarge ? "bytesPerSecond" : "filesPerSecond",
        best: Math.round(amount / seconds[0]!),
        median: Math.round(amount / seconds[Math.floor(seconds.length / 2)]!),
        rounds: bench.rounds,
      };
    }
  } finally {
    await tidy(native, { space, path: top });
  }
}

/** Runs `work` for every file, so many at a time. The first failure ends it, when what is under way has come to its end. */
async function each(
  bench: Pick<SpaceBench, "files" | "parallel" | "signal">,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < bench.files) {
      bench.signal.throwIfAborted();
      await work(next++).catch((error: unknown) => {
        next = bench.files;
        throw error;
      });
    }
  };
  const lanes = Array.from({ length: Math.min(bench.parallel, bench.files) }, one);
  for (const lane of await Promise.allSettled(lanes)) {
    if (lane.status === "rejected") throw lane.reason;
  }
}

/** Bytes that cannot be compressed, and of which no two chunks are the same. */
async function* bytesOf(bytes: number): ByteStream {
  const pattern = probeBytes(STREAM_CHUNK_BYTES);
  for (let at = 0; at < bytes; at += STREAM_CHUNK_BYTES) {
    const chunk = takeBuffer(Math.min(STREAM_CHUNK_BYTES, bytes - at));
    chunk.set(pattern.subarray(0, chunk.length));
    chunk.set(Buffer.from(String(at)).subarray(0, chunk.length));
    yield chunk;
  }
}

/** Removes all that was written. What fails leaves a directory whose name tells what it is. */
async function tidy(
  native: NativeClient,
  top: { readonly space: string; readonly path: string },
): Promise<void> {
  const signal = AbortSignal.timeout(TIDY_MS);
  try {
    const paths: string[] = [];
    for await (const { path } of native.list(top, { signal })) paths.push(path);
    await each({ files: paths.length, parallel: 8, signal }, (index) =>
      native.remove({ ...top, path: paths[index] ?? "" }, { signal }),
    );
    await native.removeDirectories(top, { signal });
  } catch {
    // The error that ended the measurement says more.
  }
}

function differs({ space }: SpaceBench, state: string): JcsError {
  return new JcsError("Corrupt", `Cannot measure space "${space}": ${state}`, { where: { space } });
}
