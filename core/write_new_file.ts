import { randomUUID } from "node:crypto";
import { link, open, rename, unlink } from "node:fs/promises";
import { JcsError } from "./errors.ts";

/** Writes a whole file or none: another process sees it complete, and a crash leaves at most a temporary file beside it.
 *
 *  Fails with `AlreadyExists` when there is a file already, unless `replace`. The folder must exist. `mode` is that of the new file. */
export async function writeNewFile(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number; readonly replace?: boolean },
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, "wx", options.mode);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.replace === true) await rename(temporary, path);
    else await link(temporary, path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw new JcsError("AlreadyExists", `Cannot write "${path}": it exists already`, { where: { path } });
    }
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}
