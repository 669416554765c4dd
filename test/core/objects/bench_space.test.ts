import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "../../../core/client.ts";
import { DEFAULT_CONFIG } from "../../../core/config/default_config.ts";
import { openLocalClient } from "../../../core/local_client.ts";
import type { NativeClient } from "../../../core/native_client.ts";
import { benchSpace, type SpaceSpeed } from "../../../core/objects/bench_space.ts";
import { freeSlots } from "../../../ioswitch/buffer_pool.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();
const BENCH = { space: "disk", largeBytes: 3_000_000, smallBytes: 100, files: 7, parallel: 3, rounds: 2 };

let root: string;
let client: Client;
let native: NativeClient;

beforeEach(async () => {
  root = makeDirectory();
  mkdirSync(join(root, "disk"));
  client = await openLocalClient({
    home: join(root, "home"),
    config: DEFAULT_CONFIG,
    environment: { JCS_SPACE_disk: `fs://${root}/disk` },
    onWarning: () => {},
  });
  if (client.native === undefined) throw new Error("the local client has spaces");
  native = client.native;
});
afterEach(() => client.close());

const left = () => readdirSync(join(root, "disk"), { recursive: true });

async function measure(on: NativeClient, signal = new AbortController().signal): Promise<SpaceSpeed[]> {
  const speeds: SpaceSpeed[] = [];
  for await (const speed of benchSpace(on, { ...BENCH, signal })) speeds.push(speed);
  return speeds;
}

describe("measuring a space", () => {
  test("yields every case, and leaves nothing on the space and no memory taken", async () => {
    const before = freeSlots().free;
    const speeds = await measure(native);
    expect(speeds.map(({ name, unit, rounds }) => [name, unit, rounds])).toEqual([
      ["write large", "bytesPerSecond", 2],
      ["read large", "bytesPerSecond", 2],
      ["write small", "filesPerSecond", 2],
      ["read small", "filesPerSecond", 2],
      ["list", "filesPerSecond", 2],
    ]);
    for (const { best, median } of speeds) expect(best).toBeGreaterThanOrEqual(median);
    expect(left()).toEqual([]);
    expect(freeSlots().free).toBe(before);
  });

  test("leaves nothing when it is interrupted, or when its caller stops", async () => {
    const controller = new AbortController();
    let written = 0;
    const stopping: NativeClient = {
      ...native,
      async write(at, body, options) {
        written += 1;
        if (written === 5) controller.abort();
        return await native.write(at, body, options);
      },
    };
    await expect(measure(stopping, controller.signal)).rejects.toThrow();
    expect(written).toBeLessThan(9);
    expect(left()).toEqual([]);
    for await (const _ of benchSpace(native, { ...BENCH, signal: new AbortController().signal })) break;
    expect(left()).toEqual([]);
  });

  test("does not measure a space that keeps something else", async () => {
    const short: NativeClient = {
      ...native,
      read: (at, options) => native.read(at, { ...options, length: 99 }),
    };
    await expect(measure(short)).rejects.toMatchObject({ kind: "Corrupt", where: { space: "disk" } });
    const forgetful: NativeClient = {
      ...native,
      async *list(at, options) {
        for await (const meta of native.list(at, options)) if (!meta.path.endsWith("/small/3")) yield meta;
      },
    };
    await expect(measure(forgetful)).rejects.toThrow("6 of 7 files were listed");
  });

  test("passes on what the space throws", async () => {
    await expect(
      Array.fromAsync(
        benchSpace(native, { ...BENCH, space: "nowhere", signal: new AbortController().signal }),
      ),
    ).rejects.toMatchObject({ kind: "NotFound" });
  });
});
