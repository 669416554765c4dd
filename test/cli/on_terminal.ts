import { cleanEnvironment, ROOT } from "./spawn_program.ts";

/** A program that runs on a terminal of its own. */
export interface OnTerminal {
  /** Waits until `text` has been written since the last time. */
  saw(text: string): Promise<void>;
  type(text: string): void;
  /** Everything written so far, with its escape sequences. */
  written(): string;
  readonly status: Promise<number>;
}

/** Runs bun, or another program, on a pseudo-terminal of 80 × 24. */
export function onTerminal(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  program: string = process.execPath,
): OnTerminal {
  let text = "";
  let seen = 0;
  let wake: () => void = () => {};
  const decoder = new TextDecoder();
  const child = Bun.spawn([program, ...argv], {
    cwd: ROOT,
    env: cleanEnvironment({ TERM: "xterm-256color", ...environment }),
    terminal: {
      cols: 80,
      rows: 24,
      data(_, chunk) {
        text += decoder.decode(chunk, { stream: true });
        wake();
      },
    },
  });
  const status = child.exited.finally(() => wake());
  return {
    async saw(wanted) {
      for (;;) {
        const at = text.indexOf(wanted, seen);
        if (at >= 0) {
          seen = at + wanted.length;
          return;
        }
        if (child.exitCode !== null) throw new Error(`Ended without ${JSON.stringify(wanted)}: ${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    type: (keys) => void child.terminal?.write(keys),
    written: () => text,
    status,
  };
}
