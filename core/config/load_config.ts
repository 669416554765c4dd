import { readFile, stat } from "node:fs/promises";
import { platform } from "node:os";
import { JcsError } from "../errors.ts";
import type { Config } from "./config_schema.ts";
import { DEFAULT_CONFIG } from "./default_config.ts";

const STATES: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; jcs init writes one",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is a file and no directory",
};

/** Reads and checks a config.json. A missing file means {@link DEFAULT_CONFIG}, so that jcs works without any, unless it is `required`
 *  because somebody named it.
 *
 *  Throws `Config` as `parseConfig` does, or when the file cannot be read. `onWarning` is told when others may read a file with
 *  passwords in it. */
export async function loadConfig(
  file: string,
  options: { readonly required?: boolean; readonly onWarning?: (message: string) => void } = {},
): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT" && options.required !== true) return DEFAULT_CONFIG;
    const state = STATES[code] ?? code;
    const kind = code === "EACCES" || code === "EPERM" ? "PermissionDenied" : "Config";
    throw new JcsError(kind, `Cannot read "${file}": ${state}`, { where: { path: file }, cause: error });
  }
  const { parseConfig } = await import("./parse_config.ts");
  const config = parseConfig(text, file);
  if (options.onWarning !== undefined && hasPassword(config) && (await othersMayRead(file))) {
    options.onWarning(`"${file}" holds a password and other users may read it: chmod 600 "${file}"`);
  }
  return config;
}

/** Whether the configuration holds something that others must not read. */
export function hasPassword(config: Config): boolean {
  return (config.db?.password ?? "") !== "" || config.accessToken.password !== "";
}

async function othersMayRead(file: string): Promise<boolean> {
  if (platform() === "win32") return false;
  return ((await stat(file)).mode & 0o077) !== 0;
}
