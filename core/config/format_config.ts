import type { Config } from "./config_schema.ts";

/** The text of a config.json with every key in it, as people edit it. {@link parseConfig} reads it back. */
export function formatConfig(config: Config): string {
  const named = { ...config, downloadStrategy: { highLatencyHub: config.downloadStrategy.highLatencyHubMs } };
  return `${JSON.stringify(named, null, 2)}\n`;
}
