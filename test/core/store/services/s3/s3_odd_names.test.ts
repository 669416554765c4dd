import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Store } from "../../../../../core/store/store.ts";
import { openS3 } from "../../../../servers/open_s3.ts";
import { createBucket, type Radosgw, radosgw } from "../../../../servers/radosgw.ts";
import { requireServer } from "../../../../servers/require_server.ts";
import { listPaths } from "../../../../suites/store_bench.ts";

const MIB = 1024 * 1024;
/** Small parts, so that a few MiB make many of them. */
const SMALL_PARTS = { part_size: "5MiB", multipart_threshold: "5MiB", copy_threshold: "6MiB" };

requireServer("radosgw")("odd names and headers of s3 on radosgw", () => {
  let server: Radosgw;
  let bucket: string;
  let store: Store;
  const stores: Store[] = [];
  const open = async (options: Record<string, string>) => {
    const opened = await openS3({ server, bucket, options });
    stores.push(opened);
    return opened;
  };
  beforeAll(async () => {
    server = await radosgw();
    bucket = await createBucket(server);
    store = await open(SMALL_PARTS);
  });
  afterAll(async () => {
    for (const opened of stores) await opened.close();
  });

  test("does not copy in parts what the service would mistake for another", async () => {
    await store.write("odd/a%41", randomBytes(7 * MIB));
    await store.write("odd/aA", randomBytes(7 * MIB));
    await expect(store.copy?.("odd/a%41", "odd/copy")).rejects.toMatchObject({ kind: "Unsupported" });
    await expect(store.stat("odd/copy")).rejects.toMatchObject({ kind: "NotFound" });
  });

  test("signs headers as they go over the line", async () => {
    await store.write("latin", Buffer.from("x"), { contentDisposition: 'attachment; filename="\u00e9.txt"' });
    expect((await store.stat("latin")).contentDisposition).toBe('attachment; filename="\u00e9.txt"');
  });

  test.each([
    [" lead", ["bA", "z"]],
    ["trail ", ["trailz", "z"]],
    ["b%7E", ["bA", "z"]],
    ["b%", ["bA", "z"]],
    ["b+", ["bA", "z"]],
  ])("a page that ends with %j is followed by the next", { timeout: 60_000 }, async (end, after) => {
    // At the top of a bucket, where what a name begins with is what its key begins with.
    const own = await createBucket(server);
    const first = end.startsWith(" ") ? " " : "a";
    // The thousandth name is the last of its page.
    const before = Array.from({ length: 999 }, (_, index) => `${first}${String(index).padStart(4, "0")}`);
    const names = [...before, end, ...after];
    expect(sorted(names)[999]).toBe(end);
    for (const version of ["1", "2"]) {
      const top = await openS3({
        server,
        bucket: own,
        workDirectory: "/",
        options: { list_version: version },
      });
      stores.push(top);
      for (let at = 0; at < names.length && version === "1"; at += 64)
        await Promise.all(names.slice(at, at + 64).map((name) => top.write(name, new Uint8Array(0))));
      expect(await listPaths(top, ""), `version ${version}`).toEqual(sorted(names));
    }
  });
});

function sorted(names: readonly string[]): string[] {
  return names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
