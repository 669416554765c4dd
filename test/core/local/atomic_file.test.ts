import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JcsError } from "../../../core/errors.ts";
import { PARTIAL_PREFIX, writeAtomicFile } from "../../../core/local/atomic_file.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

async function* body(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe("writeAtomicFile", () => {
  it("writes all chunks, the time, and the mode of a new file", async () => {
    const directory = makeDirectory();
    const target = join(directory, "x");
    const modifiedAt = new Date(1_600_000_000_500);
    expect(await writeAtomicFile(target, body("abc", "", "de"), { replace: false, modifiedAt })).toBe(5);
    expect(readFileSync(target, "utf8")).toBe("abcde");
    expect(Math.abs(statSync(target).mtimeMs - modifiedAt.getTime())).toBeLessThan(2);
    writeFileSync(join(directory, "plain"), "");
    expect(statSync(target).mode).toBe(statSync(join(directory, "plain")).mode);
    expect(readdirSync(directory).sort()).toEqual(["plain", "x"]);
  });

  it("shows nothing at the target before the end", async () => {
    const directory = makeDirectory();
    const seen: string[][] = [];
    async function* watched() {
      yield Buffer.from("a");
      seen.push(readdirSync(directory));
      yield Buffer.from("b");
    }
    await writeAtomicFile(join(directory, "x"), watched(), { replace: false });
    expect(seen[0]).toHaveLength(1);
    expect(seen[0]?.[0]).toMatch(new RegExp(`^\\${PARTIAL_PREFIX}`));
  });

  it("leaves the old file and nothing else when the body fails", async () => {
    const directory = makeDirectory();
    const target = join(directory, "x");
    writeFileSync(target, "old");
    async function* failing() {
      yield Buffer.from("new");
      throw new JcsError("Corrupt", "Cannot read it: damaged");
    }
    const writing = writeAtomicFile(target, failing(), { replace: true });
    await expect(writing).rejects.toMatchObject({ kind: "Corrupt" });
    expect(readFileSync(target, "utf8")).toBe("old");
    expect(readdirSync(directory)).toEqual(["x"]);
  });

  it("leaves nothing when it is cancelled, or the check refuses it", async () => {
    const directory = makeDirectory();
    const stop = new AbortController();
    async function* endless() {
      for (let count = 0; ; count++) {
        if (count === 3) stop.abort();
        yield Buffer.alloc(10);
      }
    }
    const writing = writeAtomicFile(join(directory, "x"), endless(), { replace: true, signal: stop.signal });
    await expect(writing).rejects.toMatchObject({ kind: "Cancelled" });
    const check = async (partial: string) => {
      expect(readFileSync(partial, "utf8")).toBe("abc");
      throw new JcsError("Corrupt", "Cannot verify");
    };
    const checked = writeAtomicFile(join(directory, "y"), body("abc"), { replace: true, check });
    await expect(checked).rejects.toMatchObject({ kind: "Corrupt" });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("does not replace a file that appears meanwhile, unless it may", async () => {
    const directory = makeDirectory();
    const target = join(directory, "x");
    async function* late() {
      yield Buffer.from("new");
      writeFileSync(target, "other");
    }
    await expect(writeAtomicFile(target, late(), { replace: false })).rejects.toMatchObject({
      kind: "AlreadyExists",
    });
    expect(readFileSync(target, "utf8")).toBe("other");
    expect(readdirSync(directory)).toEqual(["x"]);
    await writeAtomicFile(target, late(), { replace: true });
    expect(readFileSync(target, "utf8")).toBe("new");
  });

  it("replaces a link instead of writing where it leads", async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, "precious"), "keep");
    symlinkSync("precious", join(directory, "x"));
    await writeAtomicFile(join(directory, "x"), body("new"), { replace: true });
    expect(readFileSync(join(directory, "precious"), "utf8")).toBe("keep");
    expect(readFileSync(join(directory, "x"), "utf8")).toBe("new");
  });

  it("says what is wrong with the target", async () => {
    const directory = makeDirectory();
    mkdirSync(join(directory, "d"));
    const missing = writeAtomicFile(join(directory, "none/x"), body("a"), { replace: true });
    await expect(missing).rejects.toMatchObject({ kind: "NotFound" });
    const onDirectory = writeAtomicFile(join(directory, "d"), body("a"), { replace: true });
    await expect(onDirectory).rejects.toThrow(`Cannot write "${join(directory, "d")}": it is a directory`);
    expect(readdirSync(directory)).toEqual(["d"]);
  });
});
