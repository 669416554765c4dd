import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { isKind } from "../../errors.ts";
import type { Checksum } from "../store.ts";
import { isSame, type Measurement, type ProbeBench, probeBytes, readBytes, verdict } from "./probe_bench.ts";

const KIB = 1024;
/** Lengths of a part that is not the last, the smallest that services know first. */
const PART_BYTES = [1, 100 * KIB, 1024 * KIB, 4 * 1024 * KIB, 5 * 1024 * KIB];
/** No longer names are looked for. */
const NAME_BYTES_MAX = 1024;

/** What the store can do. */
export const ABILITIES: readonly Measurement[] = [
  {
    name: "read range",
    async run(bench) {
      const { store, folder, options } = bench;
      const path = `${folder}ranges`;
      const content = probeBytes(100_000);
      await store.write(path, content, { ...options, size: content.length });
      for (const [offset, length] of [
        [0, 1],
        [1234, 5678],
        [99_990, 10],
        [99_990, 1000],
        [100_000, 5],
      ] as const) {
        const found = await readBytes(bench, { path, offset, length, bytesMax: content.length });
        if (!isSame(found, content.subarray(offset, offset + length))) {
          const detail = `${length} bytes from byte ${offset} are not what was written`;
          return { verdict: verdict(false, store.capabilities.readRange), detail };
        }
      }
      return { verdict: "yes" };
    },
  },
  {
    name: "write of unknown size",
    async run(bench) {
      const { store, folder, options } = bench;
      const content = probeBytes(100_000);
      // Layers gather the body for a service that cannot.
      if (!store.native.writeUnknownSize) return { verdict: "no" };
      await store.write(`${folder}stream`, halves(content), options);
      const found = await readBytes(bench, { path: `${folder}stream`, bytesMax: 2 * content.length });
      return { verdict: verdict(isSame(found, content), true) };
    },
  },
  {
    name: "write if absent",
    async run({ store, folder, options }) {
      if (!store.capabilities.writeIfAbsent) return { verdict: "no" };
      let winners = 0;
      for (let round = 1; round <= 3; round++) {
        const results = await Promise.allSettled(
          [1, 2, 3, 4].map((seed) =>
            store.write(`${folder}absent-${round}`, probeBytes(1000, seed), {
              ...options,
              size: 1000,
              ifAbsent: true,
            }),
          ),
        );
        for (const result of results) {
          if (result.status === "fulfilled") winners += 1;
          else if (!isKind(result.reason, "AlreadyExists")) throw result.reason;
        }
      }
      const detail = `${winners} of 12 simultaneous writers to 3 names won`;
      return { verdict: verdict(winners === 3, true), detail };
    },
  },
  {
    name: "letter case",
    async run({ store, folder, options }) {
      await store.write(`${folder}Case`, probeBytes(1), { ...options, size: 1 });
      await store.write(`${folder}cASE`, probeBytes(2), { ...options, size: 2 });
      const apart = (await store.stat(`${folder}Case`, options)).size === 1;
      return { verdict: verdict(apart, store.capabilities.caseSensitive) };
    },
  },
  {
    name: "user metadata",
    async run({ store, folder, options }) {
      if (!store.capabilities.userMetadata) return { verdict: "no" };
      const metadata = { probe: "héllo" };
      await store.write(`${folder}meta`, probeBytes(1), { ...options, size: 1, metadata });
      const found = (await store.stat(`${folder}meta`, options)).metadata?.["probe"];
      return { verdict: verdict(found === metadata.probe, true) };
    },
  },
  {
    name: "checksum",
    async run({ store, folder, options }) {
      const content = probeBytes(1000);
      await store.write(`${folder}checksum`, content, { ...options, size: 1000 });
      const { etag = "" } = await store.stat(`${folder}checksum`, options);
      const md5 = createHash("md5").update(content).digest("hex");
      return etag.includes(md5)
        ? { verdict: "yes", detail: "the tag is the MD5 of the content" }
        : { verdict: "no", detail: "the tag tells nothing of the content" };
    },
  },
  {
    name: "checksum on write",
    async run(bench) {
      const { checksums = [] } = bench.store.capabilities;
      if (checksums.length === 0) return { verdict: "no" };
      const verified: string[] = [];
      const ignored: string[] = [];
      for (const algorithm of checksums) {
        ((await refusesWrong(bench, algorithm)) ? verified : ignored).push(algorithm);
      }
      const detail = [
        ...(verified.length === 0 ? [] : [`verifies ${verified.join(", ")}`]),
        ...(ignored.length === 0 ? [] : [`does not look at ${ignored.join(", ")}`]),
      ].join("; ");
      return { verdict: verified.length === 0 ? "no" : "yes", detail };
    },
  },
  {
    name: "multipart",
    async run(bench) {
      if (bench.store.multipart === undefined) return { verdict: "no" };
      for (const bytes of PART_BYTES) {
        if (!(await takesParts(bench, bytes))) continue;
        return { verdict: "yes", value: bytes, unit: "bytes", detail: "smallest part that is not the last" };
      }
      return { verdict: "broken", detail: "no upload in parts succeeded" };
    },
  },
  {
    name: "longest name",
    async run(bench) {
      const { store, folder } = bench;
      const { nameBytesMax, pathBytesMax } = store.capabilities;
      const around = Buffer.byteLength(store.info.workDirectory + folder);
      const declared = Math.min(nameBytesMax, pathBytesMax - around, NAME_BYTES_MAX);
      let works = 0;
      let fails = declared + 1;
      for (let bytes = declared; works + 1 < fails; bytes = Math.floor((works + fails) / 2)) {
        if (await takesName(bench, bytes)) works = bytes;
        else fails = bytes;
      }
      const detail = works < declared ? `declared are ${declared}` : undefined;
      const said = { value: works, unit: "bytes", ...(detail === undefined ? {} : { detail }) } as const;
      return { verdict: verdict(works === declared, true), ...said };
    },
  },
];

/** Whether a body whose checksum is another is refused, and nothing is kept of it; the right one must be taken. */
async function refusesWrong(
  { store, folder, options }: ProbeBench,
  algorithm: Checksum["algorithm"],
): Promise<boolean> {
  const path = `${folder}sum-${algorithm}`;
  const [content, other] = [probeBytes(1000, 1), probeBytes(1000, 2)];
  const write = (value: Uint8Array) =>
    store.write(path, content, { ...options, size: content.length, checksum: { algorithm, value } });
  const isRefused = await write(checksumOf(algorithm, other)).then(
    () => false,
    (error: unknown) => {
      if (isKind(error, "Cancelled", "TimedOut", "Throttled", "Unreachable")) throw error;
      return true;
    },
  );
  const isKept = await store.stat(path, options).then(
    () => true,
    (error: unknown) => {
      if (!isKind(error, "NotFound")) throw error;
      return false;
    },
  );
  await write(checksumOf(algorithm, content));
  return isRefused && !isKept;
}

function checksumOf(algorithm: Checksum["algorithm"], content: Uint8Array): Uint8Array {
  if (algorithm !== "crc32") return createHash(algorithm).update(content).digest();
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(content));
  return value;
}

async function takesParts(bench: ProbeBench, bytes: number): Promise<boolean> {
  const { store, folder, options } = bench;
  const path = `${folder}parts`;
  const upload = await store.multipart?.(path, options);
  if (upload === undefined) return false;
  try {
    const first = await upload.part(1, probeBytes(bytes, 1), { ...options, size: bytes });
    const second = await upload.part(2, probeBytes(1, 2), { ...options, size: 1 });
    await upload.complete([first, second], options);
    return (await store.stat(path, options)).size === bytes + 1;
  } catch (error) {
    await upload.abort().catch(() => {});
    if (isKind(error, "ConditionFailed", "Usage", "Unexpected", "Unsupported")) return false;
    throw error;
  }
}

async function takesName(bench: ProbeBench, bytes: number): Promise<boolean> {
  const { store, folder, options } = bench;
  const path = folder + "n".repeat(bytes);
  try {
    await store.write(path, probeBytes(1), { ...options, size: 1 });
    return (await store.stat(path, options)).size === 1;
  } catch (error) {
    if (isKind(error, "Cancelled", "TimedOut", "Throttled")) throw error;
    return false;
  }
}

async function* halves(bytes: Uint8Array): ByteStream {
  const middle = Math.floor(bytes.length / 2);
  yield bytes.slice(0, middle);
  yield bytes.slice(middle);
}
