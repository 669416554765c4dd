import { open } from "node:fs/promises";
import { localError } from "./local_error.ts";

/** Lines that wait for a slow disk at the most; what comes then is left out. */
const LINES_WAITING_MAX = 16_384;

/** A file that lines are added to without anybody waiting for the disk. */
export interface LineFile {
  /** Takes one line, without its end; never waits, never throws. */
  add(line: string): void;
  /** Writes what is left. Gives the first failure of a write, and how many lines were left out because of it or of a slow disk. Never throws. */
  close(): Promise<{ readonly error?: Error; readonly lost: number }>;
}

/** Opens a file to add lines to its end; a new one is for its owner only. Throws the local error, naming the file. */
export async function openLineFile(
  file: string,
  { waitingMax = LINES_WAITING_MAX }: { readonly waitingMax?: number } = {},
): Promise<LineFile> {
  const failed = (error: unknown) => localError(error, { action: "write", file });
  const handle = await open(file, "a", 0o600).catch((error: unknown) => {
    throw failed(error);
  });
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;
  let failure: Error | undefined;
  let lost = 0;
  const drain = async () => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        if (failure === undefined) await handle.appendFile(`${lines.join("\n")}\n`);
        else lost += lines.length;
      } catch (error) {
        failure = failed(error);
        lost += lines.length;
      }
    }
    writing = undefined;
  };
  return {
    add(line) {
      if (waiting.length >= waitingMax) {
        lost += 1;
        return;
      }
      waiting.push(line);
      // Later, so that lines that come together are written together.
      writing ??= Promise.resolve().then(drain);
    },
    async close() {
      await writing;
      await handle.close().catch((error: unknown) => {
        failure ??= failed(error);
      });
      return { lost, ...(failure === undefined ? {} : { error: failure }) };
    },
  };
}
