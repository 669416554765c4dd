import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CODING_WORKER_URL,
  type Coder,
  closeCoders,
  createCoder,
  taskOf,
} from "../../../core/coding/coder.ts";
import { type CodingPool, createCodingPool } from "../../../core/coding/coding_pool.ts";
import { createCode } from "../../../core/coding/create_code.ts";
import {
  CODING_INLINE_BYTES_MAX,
  CODING_JOB_BYTES_MIN,
  CODING_JOBS_PER_WORKER,
} from "../../../core/limits.ts";
import { checkCoder, waitForWorkers } from "./check_coder.ts";
import { patternBytes } from "./golden_vectors.ts";

const execFileAsync = promisify(execFile);
const code = createCode({ dataShards: 10, parityShards: 5, code: "cauchy256/1" });
const present = Array.from({ length: 10 }, (_, shard) => shard);
const wanted = [10, 11, 12, 13, 14];
const shardBytes = 128 * 1024;
const data = present.map((shard) => patternBytes(`coder ${shard}`, shardBytes));
const parity = wanted.map(() => new Uint8Array(shardBytes));
let directory: string;
let pool: CodingPool;

beforeAll(async () => {
  code.rebuild(present, wanted).run(data, parity);
  directory = await mkdtemp(join(tmpdir(), "jcs-coder-"));
  pool = createCodingPool({ url: CODING_WORKER_URL, workersMax: 1, memoryBytes: 16 << 20 });
  await waitForWorkers(pool, 1);
});
afterAll(async () => {
  await pool.close();
  await closeCoders();
  await rm(directory, { recursive: true });
});

/** A pool whose worker runs `program` instead. */
async function poolOf(name: string, program: string): Promise<CodingPool> {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, `import { parentPort } from "node:worker_threads";\n${program}`);
  return createCodingPool({ url: pathToFileURL(file), workersMax: 1, memoryBytes: 16 << 20 });
}

/** A coder that has had as many bytes as are coded on this thread in any case. */
function warmCoder(of: CodingPool): Coder {
  const coder = createCoder({ code, present, wanted, pool: of });
  const stripeBytes = data.length * shardBytes;
  for (let bytes = stripeBytes; bytes <= CODING_INLINE_BYTES_MAX; bytes += stripeBytes)
    coder.run(data, emptyParity());
  return coder;
}

const emptyParity = () => wanted.map(() => new Uint8Array(shardBytes));

function expectParity(outputs: readonly Uint8Array[]): void {
  for (const [index, output] of outputs.entries()) expect(Buffer.compare(output, parity[index]!)).toBe(0);
}

const READY = 'parentPort.postMessage("ready");';
/** A worker that never answers. */
const STUCK = `parentPort.on("message", () => {}); ${READY}`;

describe("createCoder", () => {
  test("computes on workers what this thread does, in order, and gives all memory back", async () => {
    await checkCoder(1);
    await checkCoder(2);
  });

  test("the first bytes and short stripes stay on this thread, and so does what copying would not pay for", async () => {
    const coder = createCoder({ code, present, wanted, pool });
    const early = emptyParity();
    expect(coder.run(data, early)).toBeUndefined();
    expectParity(early);
    const warm = warmCoder(pool);
    const shortBytes = CODING_JOB_BYTES_MIN / 16;
    const short = (buffers: readonly Uint8Array[]) => buffers.map((buffer) => buffer.subarray(0, shortBytes));
    expect(warm.run(short(data), short(emptyParity()))).toBeUndefined();
    const long = warm.run(data, emptyParity());
    expect(long).toBeInstanceOf(Promise);
    await long;
    const small = createCode({ dataShards: 10, parityShards: 4 });
    const narrow = createCoder({ code: small, present, wanted: wanted.slice(0, 4), pool });
    for (let stripe = 0; stripe < 8; stripe += 1)
      expect(narrow.run(data, emptyParity().slice(0, 4))).toBeUndefined();
  });

  test.each([
    ["is missing", undefined],
    ["throws at its start", 'throw new Error("no luck");'],
    ["ends at its start", "process.exit(0);"],
    ["never gets ready", 'parentPort.on("message", () => {});'],
  ])("a worker that %s is done without", async (_, program) => {
    const without =
      program === undefined
        ? createCodingPool({
            url: pathToFileURL(join(directory, "nowhere.mjs")),
            workersMax: 1,
            memoryBytes: 1 << 20,
          })
        : await poolOf(`start${program.length}`, program);
    const coder = warmCoder(without);
    for (let turn = 0; turn < 4; turn += 1) {
      const outputs = emptyParity();
      await coder.run(data, outputs);
      expectParity(outputs);
    }
    expect(without.memory.bytesInUse).toBe(0);
    await without.close();
  });

  test("what a dying worker leaves is computed here, also for those who wait for a place", async () => {
    const dying = await poolOf(
      "dying",
      `parentPort.on("message", () => { throw new Error("out of luck"); }); ${READY}`,
    );
    await waitForWorkers(dying, 1);
    const coder = warmCoder(dying);
    const many = Array.from({ length: 3 * CODING_JOBS_PER_WORKER }, async () => {
      const outputs = emptyParity();
      await coder.run(data, outputs);
      return outputs;
    });
    for (const outputs of await Promise.all(many)) expectParity(outputs);
    expect(dying.memory.bytesInUse).toBe(0);
    await dying.close();
  });

  test("what a worker cannot do is an error", async () => {
    const refusing = await poolOf(
      "refusing",
      `parentPort.on("message", ({ id }) => parentPort.postMessage({ id, error: "no" })); ${READY}`,
    );
    await waitForWorkers(refusing, 1);
    await expect(warmCoder(refusing).run(data, emptyParity())).rejects.toMatchObject({
      kind: "Unexpected",
      message: "Cannot code on a worker thread: no",
    });
    expect(refusing.memory.bytesInUse).toBe(0);
    await refusing.close();
  });

  test("a worker has a bounded number of jobs, the others wait; closing ends them all", async () => {
    const stuck = await poolOf("stuck", STUCK);
    await waitForWorkers(stuck, 1);
    const coder = warmCoder(stuck);
    const stripeBytes = (data.length + wanted.length) * (shardBytes + 320);
    const calls = Array.from({ length: CODING_JOBS_PER_WORKER + 2 }, () => coder.run(data, emptyParity()));
    const outcomes = Promise.allSettled(calls);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stuck.memory.bytesInUse).toBe(CODING_JOBS_PER_WORKER * stripeBytes);
    await stuck.close();
    const states = (await outcomes).map(({ status }) => status);
    expect(states).toEqual([
      ...Array<string>(CODING_JOBS_PER_WORKER).fill("rejected"),
      ...["fulfilled", "fulfilled"],
    ]);
    expect(stuck.memory.bytesInUse).toBe(0);
  });

  test("after cancelling nothing is written, and the workers serve the next", async () => {
    const coder = warmCoder(pool);
    const outputs = Array.from({ length: 2 * CODING_JOBS_PER_WORKER }, emptyParity);
    const calls = outputs.map((output) => coder.run(data, output));
    coder.cancel();
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: "rejected", reason: { kind: "Cancelled" } });
    expect(outputs.flat().every((output) => output.every((byte) => byte === 0))).toBe(true);
    expect(() => coder.run(data, emptyParity())).toThrow(expect.objectContaining({ kind: "Cancelled" }));
    expect(pool.memory.bytesInUse).toBe(0);
    const next = emptyParity();
    await warmCoder(pool).run(data, next);
    expectParity(next);
  });

  test("what is with a worker when it is cancelled ends as cancelled too", async () => {
    const coder = warmCoder(pool);
    const call = coder.run(data, emptyParity());
    await Promise.resolve();
    expect(pool.memory.bytesInUse).toBeGreaterThan(0);
    coder.cancel();
    await expect(call).rejects.toMatchObject({ kind: "Cancelled" });
    expect(pool.memory.bytesInUse).toBe(0);
  });

  test("closing answers those who wait for a place, though none is given back", async () => {
    const closing = createCodingPool({ url: CODING_WORKER_URL, workersMax: 1, memoryBytes: 1 << 20 });
    await waitForWorkers(closing, 1);
    const slots = Array.from({ length: CODING_JOBS_PER_WORKER }, () => closing.take());
    const waiting = closing.take();
    await closing.close();
    expect(await waiting).toBeUndefined();
    const [slot] = await Promise.all(slots);
    await expect(slot!.run(taskOf({ code, present, wanted }), [])).rejects.toThrow("it was closed");
  });

  test("stripes that find no room in the memory are computed here", async () => {
    const lease = pool.memory.lease(1, pool.memory.bytesTotal - 320)!;
    const outputs = emptyParity();
    await warmCoder(pool).run(data, outputs);
    expectParity(outputs);
    lease.release();
  });

  test("refuses buffers that do not fit, at once", () => {
    const coder = warmCoder(pool);
    const usage = expect.objectContaining({ kind: "Usage" });
    expect(() => coder.run(data.slice(1), emptyParity())).toThrow(usage);
    expect(() => coder.run(data, data.slice(0, 5))).toThrow(usage);
    expect(() => createCoder({ code, present: [0, 0], wanted })).toThrow(usage);
  });

  test("a place is for one job in the memory of the pool", async () => {
    const slot = (await pool.take())!;
    const task = taskOf({ code, present, wanted });
    await expect(slot.run(task, [{ inputs: data, outputs: emptyParity() }])).rejects.toThrow("memory");
    slot.release();
    slot.release();
    expect(() => slot.run(task, [])).toThrow("one job");
  });
});

describe.each([
  ["Bun", process.execPath, []],
  ["Deno", fileURLToPath(new URL("../../../node_modules/.bin/deno", import.meta.url)), ["run", "-A"]],
])("on %s", (_, runtime, options) => {
  test("workers code, and none keeps the process alive once it is idle", async () => {
    const file = join(directory, `program${options.length}.ts`);
    const check = new URL("./check_coder.ts", import.meta.url).href;
    const coder = new URL("../../../core/coding/coder.ts", import.meta.url).href;
    const create = new URL("../../../core/coding/create_code.ts", import.meta.url).href;
    await writeFile(
      file,
      `import { checkCoder } from ${JSON.stringify(check)};
      import { createCoder } from ${JSON.stringify(coder)};
      import { createCode } from ${JSON.stringify(create)};
      await checkCoder(2);
      const code = createCode({ dataShards: 2, parityShards: 3, code: "cauchy256/1" });
      const own = createCoder({ code, present: [0, 1], wanted: [2, 3, 4] });
      const shards = (count) => Array.from({ length: count }, () => new Uint8Array(1 << 20));
      for (let turn = 0; turn < 50; turn += 1) await own.run(shards(2), shards(3));
      console.log("agrees");`,
    );
    const { stdout } = await execFileAsync(runtime, [...options, file], {
      timeout: 20_000,
      env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    });
    expect(stdout).toBe("agrees\n");
  });
});
