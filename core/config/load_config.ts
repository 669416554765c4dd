import type { Config } from "./config.ts";
export async function loadConfig(
  _file: string,
  _options: { readonly required?: boolean } = {},
): Promise<Config> {
  return {};
}
