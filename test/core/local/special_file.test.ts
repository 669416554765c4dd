import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeSpecialFile } from "../../../core/local/special_file.ts";
import { temporaryDirectories } from "../../commands/temporary_directory.ts";

const makeDirectory = temporaryDirectories();

async function* body(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe("writeSpecialFile", () => {
  it("writes into a pipe and leaves it a pipe", async () => {
    const pipe = join(makeDirectory(), "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] });
    const closed = once(reader, "close");
    let read = "";
    reader.stdout.on("data", (chunk) => {
      read += String(chunk);
    });
    expect(await writeSpecialFile(pipe, body("abc", "de"))).toBe(5);
    await closed;
    expect(read).toBe("abcde");
  });

  it("passes failures of the device and of the body on", async () => {
    await expect(writeSpecialFile("/dev/full", body("abc"))).rejects.toMatchObject({ kind: "NoSpace" });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      throw new Error("broken");
    }
    await expect(writeSpecialFile("/dev/null", failing())).rejects.toThrow("broken");
    const missing = writeSpecialFile(join(makeDirectory(), "none"), body("a"));
    await expect(missing).rejects.toMatchObject({ kind: "NotFound" });
  });
});
