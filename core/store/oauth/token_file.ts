import { open, readFile, realpath, stat, unlink, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { setTimeout } from "node:timers/promises";
import { writeNewFile } from "../../write_new_file.ts";
import { type OauthToken, parseOauthToken } from "./oauth_token.ts";

const FILE_BYTES_MAX = 64 * 1024;
const LOCK_POLL_MS = 50;
/** Who holds the lock says so again and again; one that has been silent for this long is dead. */
const LOCK_BEAT_MS = 1000;
const LOCK_SILENCE_MS = 10_000;

/** A file with a token, which other processes may use and renew, too. */
export interface TokenFile {
  /** Its path as it was given, for messages. */
  readonly path: string;
  /** Reads it. Throws what `error` makes of what is wrong; nothing of its content. */
  read(): Promise<OauthToken>;
  /** Does `work` while no other process of jcs does its own. Where no file can be made beside it, nobody is kept away and `work` gets `writable: false`. */
  exclusively<T>(work: (lock: { readonly writable: boolean }) => Promise<T>): Promise<T>;
  /** Replaces it at once, readable by its owner only. A symbolic link stays, and the file that it leads to is replaced. */
  replace(token: OauthToken): Promise<void>;
}

/** The token file at `path`, where `~/` is the user's home. */
export function tokenFile(path: string, error: (state: string) => Error): TokenFile {
  const file = path.replace(/^~(?=\/)/, homedir());
  const shown = JSON.stringify(path);
  return {
    path,
    async read() {
      let text: string;
      let writtenAtMs: number;
      try {
        const found = await stat(file);
        if (!found.isFile() || found.size > FILE_BYTES_MAX)
          throw error(`${shown} is not the file of a token`);
        writtenAtMs = found.mtimeMs;
        text = await readFile(file, "utf8");
      } catch (failure) {
        const code = codeOf(failure);
        throw code === undefined ? failure : error(`${shown} cannot be read (${code})`);
      }
      const token = parseOauthToken(text, writtenAtMs);
      if (token === undefined) {
        throw error(`${shown} holds no token; it must be JSON with "access_token" and "refresh_token"`);
      }
      return token;
    },
    async exclusively(work) {
      const lock = `${await realpath(file).catch(() => file)}.lock`;
      const release = await takeLock(lock);
      try {
        return await work({ writable: release !== undefined });
      } finally {
        await release?.();
      }
    },
    async replace(token) {
      const content = `${JSON.stringify(token.fields, undefined, 2)}\n`;
      await writeNewFile(await realpath(file), content, { mode: 0o600, replace: true });
    },
  };
}

/** Makes the file `lock`, which exists once; resolves to what removes it, or to `undefined` where no file can be made. */
async function takeLock(lock: string): Promise<(() => Promise<void>) | undefined> {
  for (;;) {
    try {
      await (await open(lock, "wx", 0o600)).close();
      break;
    } catch (failure) {
      if (codeOf(failure) !== "EEXIST") return undefined;
    }
    const found = await stat(lock).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > LOCK_SILENCE_MS) {
      await unlink(lock).catch(() => {});
      continue;
    }
    await setTimeout(LOCK_POLL_MS);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, LOCK_BEAT_MS);
  return async () => {
    clearInterval(beat);
    await unlink(lock).catch(() => {});
  };
}

function codeOf(failure: unknown): string | undefined {
  return failure instanceof Error && "code" in failure ? String(failure.code) : undefined;
}
