import { JcsError } from "../../core/errors.ts";
import type { GlobalOptions } from "../command.ts";

/** Options that every command has; the reader of the command line adds them to its own. */
const GLOBALS: Readonly<Record<keyof GlobalOptions, true>> = {
  config: true,
  json: true,
  quiet: true,
  verbose: true,
  progress: true,
  redactPaths: true,
  trace: true,
  parallel: true,
  bandwidth: true,
};

/** Throws `Usage` when one of the options was given that mean nothing for objects in jcs. */
export function refuseSpaceOptions(
  options: Readonly<Record<string, unknown>>,
  { command, keys }: { readonly command: string; readonly keys: readonly string[] },
): void {
  for (const key of keys) {
    if (options[key] === undefined) continue;
    throw new JcsError(
      "Usage",
      `Cannot use ${flagOf(key)} with "${command}" of objects: it is for files of spaces (space:path) only`,
    );
  }
}

/** Throws `Usage` when an option was given that means nothing for the files of a space (`space:path`): it must not be ignored silently. */
export function refuseOptions(
  options: Readonly<Record<string, unknown>>,
  known: readonly string[],
  command: string,
): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || known.includes(key) || key in GLOBALS) continue;
    throw new JcsError(
      "Usage",
      `Cannot use ${flagOf(key)} with "${command}" of space:path: it is for objects in jcs only`,
    );
  }
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
