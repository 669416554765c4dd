import { type ChildProcess, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executable } from "./program.ts";
import { createRig, type Rig, sampleBytes, until } from "./rig.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const RSS_MAX = 256 * MIB;

describe("the executable alone in an empty folder, with an empty environment", () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "jcs-alone-"));
    const [file] = await executable();
    copyFileSync(file, join(folder, "program"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function alone(...argv: readonly string[]) {
    const { status, stdout, stderr } = spawnSync("./program", argv, {
      cwd: folder,
      env: { JCS_HOME: join(folder, "home") },
      timeout: 30_000,
      maxBuffer: 64 * MIB,
    });
    expect(status, stderr.toString()).toBe(0);
    return stdout;
  }

  test("does a whole round trip", () => {
    const bytes = sampleBytes(5 * MIB + 1);
    writeFileSync(join(folder, "file"), bytes);
    alone("init", "--yes");
    for (let index = 0; index < 6; index++) {
      mkdirSync(join(folder, `s${index}`));
      alone("space", "add", `s${index}`, `fs://${join(folder, `s${index}`)}`);
    }
    alone("put", "--redundancy", "ec:4+2", "file", "b/p/x");
    rmSync(join(folder, "s1"), { recursive: true });
    rmSync(join(folder, "s4"), { recursive: true });
    alone("get", "--verify", "b/p/x", "back");
    expect(Buffer.compare(readFileSync(join(folder, "back")), bytes)).toBe(0);
    expect(Buffer.compare(alone("cat", "b/p/x"), bytes)).toBe(0);
    expect(alone("ls", "b/p").toString()).toBe("b/p/x\n");
    alone("rm", "b/p/x");
    expect(alone("ls", "b/p").toString()).toBe("");
  });

  test("starts quickly", () => {
    const median = (argv: readonly [string, ...string[]]) => {
      const [file, ...words] = argv;
      const times = Array.from({ length: 15 }, () => {
        const startedMs = performance.now();
        expect(spawnSync(file, words, { cwd: folder, env: {} }).status).toBe(0);
        return performance.now() - startedMs;
      });
      return times.toSorted((a, b) => a - b)[7]!;
    };
    const trivialMs = median(["/bin/true"]);
    const startMs = median(["./program", "version"]);
    console.log(`jcs version: median ${startMs.toFixed(1)} ms; /bin/true: ${trivialMs.toFixed(1)} ms`);
    // 60 ms where the machine has nothing else to do, when /bin/true takes about 1 ms.
    expect(startMs).toBeLessThan(60 + 20 * trivialMs);
  });
});

/** Threads of a process: their names, and the CPU time each has used, in ticks. */
function threadsOf(pid: number): readonly { readonly name: string; readonly ticks: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    const fields = rest.split(" ");
    return { name, ticks: Number(fields[11]) + Number(fields[12]) };
  });
}

/** Most memory that a process has had so far; 0 when it has ended. */
function peakRssBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const hasProc = existsSync("/proc/self/task");

describe.skipIf(!hasProc)("a large object [needs /proc]", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await createRig();
    for (const name of ["disk0", "disk1", "disk2", "disk3", "disk4", "disk5"]) {
      mkdirSync(rig.path(name));
      await rig.jcs("space", "add", name, `fs://${rig.path(name)}?sync=false`);
    }
  });
  afterAll(() => rig.remove());

  // One core is that of the data path.
  test.skipIf(availableParallelism() < 2)(
    "is hashed in a worker of the executable, beside the data path",
    async () => {
      const { child, ended } = rig.start(["put", "--redundancy", "none", "-", "b/p/hashed"], {
        holdInput: true,
      });
      const half = sampleBytes(160 * MIB);
      await new Promise((resolve) => child.stdin?.write(half, resolve));
      const worker = await until(() =>
        threadsOf(child.pid).find(({ name, ticks }) => name === "Worker" && ticks >= 3),
      );
      expect(worker.ticks).toBeGreaterThan(0);
      child.stdin?.end();
      expect(await ended).toMatchObject({ status: 0 });
    },
  );

  test("of 1 GiB, 4+2, takes little memory in put and get", { timeout: 90_000 }, async () => {
    writeFileSync(rig.path("big"), "");
    truncateSync(rig.path("big"), GIB);

    async function peakOf(child: ChildProcess & { readonly pid: number }): Promise<number> {
      let peak = 0;
      const watch = setInterval(() => {
        peak = Math.max(peak, peakRssBytes(child.pid));
      }, 20);
      await new Promise((resolve) => child.once("exit", resolve));
      clearInterval(watch);
      return peak;
    }

    const put = rig.start(["put", "--redundancy", "ec:4+2", "big", "b/p/big"]);
    const putPeak = await peakOf(put.child);
    const { status, stderr } = await put.ended;
    expect(status, stderr).toBe(0);
    rmSync(rig.path("disk1"), { recursive: true });
    const get = rig.start(["get", "b/p/big", "back"]);
    const getPeak = await peakOf(get.child);
    expect(await get.ended).toMatchObject({ status: 0 });
    const mib = (bytes: number) => Math.round(bytes / MIB);
    console.log(`peak memory of 1 GiB in 4+2: put ${mib(putPeak)} MiB, get ${mib(getPeak)} MiB`);
    expect(putPeak).toBeGreaterThan(0);
    expect(Math.max(putPeak, getPeak)).toBeLessThan(RSS_MAX);
    expect(spawnSync("cmp", [rig.path("big"), rig.path("back")]).status).toBe(0);
  });
});
