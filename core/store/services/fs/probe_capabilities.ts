import { lstat } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import { MARK_NAME, temporaryName } from "../../files/reserved_names.ts";
import type { Capabilities } from "../../store.ts";
import { codeOf } from "./fs_error.ts";

/** Finds out what the file system at `directory` can do, by looking only: nothing is written. Where the directory is missing, or
 *  does not tell, what is usual on this operating system is assumed. */
export async function probeCapabilities(directory: string): Promise<Capabilities> {
  // The temporary file stands next to the object and must have a path, too.
  const spare = temporaryName().length;
  const pathBytesMax = (await longest([4095, 1023, 259], (bytes) => longPath(directory, bytes))) ?? 1023;
  const nameBytesMax = (await longest([255, 143], (bytes) => join(directory, "n".repeat(bytes)))) ?? 143;
  return {
    ...NO_CAPABILITIES,
    readRange: true,
    writeUnknownSize: true,
    writeIfAbsent: true,
    caseSensitive: await isCaseSensitive(directory),
    directories: true,
    copy: true,
    move: true,
    append: true,
    writeAt: true,
    link: platform() !== "win32",
    fetch: true,
    pathBytesMax: pathBytesMax - spare,
    nameBytesMax,
  };
}

/** The first length whose path the file system is willing to look for. */
async function longest(
  lengths: readonly number[],
  path: (bytes: number) => string,
): Promise<number | undefined> {
  for (const bytes of lengths) {
    const code = await lstat(path(bytes)).then(() => "", codeOf);
    if (code !== "ENAMETOOLONG") return bytes;
  }
  return undefined;
}

/** A path of exactly so many bytes with short names in it. */
function longPath(directory: string, bytes: number): string {
  const names = "/n".repeat(Math.ceil(bytes / 2));
  return (directory + names).slice(0, bytes).replace(/\/$/, "n");
}

/** Asks for the mark, or else for the root itself, in the other letter case. */
async function isCaseSensitive(directory: string): Promise<boolean> {
  const usual = platform() !== "darwin" && platform() !== "win32";
  for (const path of [join(directory, MARK_NAME), directory]) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const other = path.slice(0, path.length - name.length) + swapCase(name);
    if (other === path) continue;
    try {
      const found = await lstat(path, { bigint: true });
      const twin = await lstat(other, { bigint: true }).catch(() => undefined);
      return twin === undefined || twin.ino !== found.ino || twin.dev !== found.dev;
    } catch {
      // No mark: the name of the root tells, unless it is missing, too.
    }
  }
  return usual;
}

function swapCase(name: string): string {
  return name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
}
