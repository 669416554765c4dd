import { randomBytes } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { isKind, JcsError } from "../errors.ts";
import { writeNewFile } from "../write_new_file.ts";

/** Length of the key of AES-256. */
const KEY_BYTES = 32;

/** Reads the key that secrets in the catalogue are sealed with, `secret.key` in `home`; makes it, and `home`, when there is none.
 *
 *  Two processes that make it at the same time get the same one. Throws `Config` when other users may read the file or it is damaged. The
 *  key must be kept: what is sealed with a lost one cannot be opened. */
export async function openSecretKey(home: string): Promise<Uint8Array> {
  const path = join(home, "secret.key");
  const found = await readKey(path);
  if (found !== undefined) return found;
  await mkdir(home, { recursive: true, mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  try {
    await writeNewFile(path, key, { mode: 0o600 });
    return key;
  } catch (error) {
    const theirs = isKind(error, "AlreadyExists") ? await readKey(path) : undefined;
    if (theirs === undefined) throw error;
    return theirs;
  }
}

/** Reads that key where something was sealed with it already: a new one could open nothing, and would hide that the old one is gone.
 *
 *  Throws `Config` when it is missing, and as {@link openSecretKey} does. */
export async function readSecretKey(home: string): Promise<Uint8Array> {
  const path = join(home, "secret.key");
  const found = await readKey(path);
  if (found !== undefined) return found;
  const hint = "Put it back from a copy, or give the spaces their credentials again";
  throw new JcsError("Config", `Cannot open a secret: there is no key "${path}". ${hint}`, {
    where: { path },
  });
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, "r").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new JcsError("Config", `Cannot read the secret key "${path}": ${String(error)}`, {
      where: { path },
    });
  });
  if (file === undefined) return undefined;
  try {
    const { mode } = await file.stat();
    if (platform() !== "win32" && (mode & 0o077) !== 0) {
      const state = `other users may read it (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 "${path}"`;
      throw new JcsError("Config", `Cannot use the secret key "${path}": ${state}`, { where: { path } });
    }
    const key = await file.readFile();
    if (key.length === KEY_BYTES) return key;
    const state = `it has ${key.length} bytes instead of ${KEY_BYTES}. Put it back from a copy`;
    throw new JcsError("Config", `Cannot use the secret key "${path}": ${state}`, { where: { path } });
  } finally {
    await file.close();
  }
}
