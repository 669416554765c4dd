import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { STREAM_CHUNK_BYTES } from "../../../core/limits.ts";
import { fileSource } from "../../../core/local/file_source.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

function writeTestFile(bytes: number): { readonly file: string; readonly content: Buffer } {
  const file = join(makeDirectory(), "file");
  const content = Buffer.from(
    Uint8Array.from({ length: bytes }, (_, index) => (index * 31 + (index >> 8)) & 255),
  );
  writeFileSync(file, content);
  return { file, content };
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe("fileSource", () => {
  it.each([0, 1, STREAM_CHUNK_BYTES, 2 * STREAM_CHUNK_BYTES + 5])(
    "reads %i bytes in whole chunks, again and again",
    async (bytes) => {
      const { file, content } = writeTestFile(bytes);
      utimesSync(file, new Date(1_600_000_000_123), new Date(1_600_000_000_123));
      const source = await fileSource(file);
      expect(source).toMatchObject({
        size: bytes,
        modifiedAt: new Date(1_600_000_000_123),
        reopenable: true,
      });
      for (let round = 0; round < 2; round++) {
        const chunks = await read(source.open());
        expect(chunks.length).toBe(Math.ceil(bytes / STREAM_CHUNK_BYTES));
        expect(Buffer.concat(chunks).equals(content)).toBe(true);
      }
    },
  );

  it("gives every chunk memory of its own", async () => {
    const { file } = writeTestFile(2 * STREAM_CHUNK_BYTES);
    const [first, second] = await read((await fileSource(file)).open());
    expect([first?.buffer, first?.byteOffset]).not.toEqual([second?.buffer, second?.byteOffset]);
  });

  it.each([
    ["grows", (file: string) => appendFileSync(file, "x")],
    ["shrinks", (file: string) => truncateSync(file, STREAM_CHUNK_BYTES + 1)],
    ["is written to", (file: string) => utimesSync(file, 1, 1)],
    ["vanishes to nothing", (file: string) => truncateSync(file, 0)],
  ])("fails when the file %s while it is read", async (_, change) => {
    const { file } = writeTestFile(4 * STREAM_CHUNK_BYTES);
    const stream = (await fileSource(file)).open()[Symbol.asyncIterator]();
    await stream.next();
    change(file);
    const rest = (async () => {
      while (!(await stream.next()).done);
    })();
    await expect(rest).rejects.toMatchObject({
      kind: "ConditionFailed",
      retry: "later",
      where: { path: file },
    });
    await expect(rest).rejects.toThrow("changed while it was read");
  });

  it("fails when another file has taken its place before it was opened", async () => {
    const { file } = writeTestFile(10);
    const source = await fileSource(file);
    const other = writeTestFile(11);
    renameSync(other.file, file);
    await expect(read(source.open())).rejects.toMatchObject({ kind: "ConditionFailed" });
  });

  it.skipIf(!existsSync("/proc/version"))("does not take a file for empty that only says so", async () => {
    const source = await fileSource("/proc/version");
    expect(source.size).toBe(0);
    await expect(read(source.open())).rejects.toMatchObject({ kind: "ConditionFailed" });
  });

  it("does not hang when a pipe has taken its place", async () => {
    const { file } = writeTestFile(10);
    const source = await fileSource(file);
    renameSync(file, `${file}.old`);
    execFileSync("mkfifo", [file]);
    await expect(read(source.open())).rejects.toMatchObject({ kind: "ConditionFailed" });
  });

  it("follows a link, and refuses what is no plain file", async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, "f"), "abc");
    symlinkSync("f", join(directory, "link"));
    execFileSync("mkfifo", [join(directory, "pipe")]);
    mkdirSync(join(directory, "d"));
    expect((await fileSource(join(directory, "link"))).size).toBe(3);
    await expect(fileSource(join(directory, "pipe"))).rejects.toThrow("it is not a plain file");
    await expect(fileSource("/dev/null")).rejects.toMatchObject({ kind: "Usage" });
    await expect(fileSource(join(directory, "d"))).rejects.toThrow("it is a directory");
    await expect(fileSource(join(directory, "none"))).rejects.toMatchObject({ kind: "NotFound" });
  });

  it("closes the file when the reader stops early", async () => {
    const { file } = writeTestFile(3 * STREAM_CHUNK_BYTES);
    const before = readdirSync("/proc/self/fd").length;
    for await (const _ of (await fileSource(file)).open()) break;
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });
});
