import type { Edge } from "../commands/command.ts";
import type { Client } from "../core/client.ts";
import type { Traffic } from "../core/store/traffic.ts";

/** Opens the client that a command works with: the one seam between the command line and the library.
 *
 *  Loads config, database driver and cloud libraries only now, so that commands without a client start quickly. */
export async function openClient(edge: Omit<Edge, "client">, log: Traffic["log"]): Promise<Client> {
  const [{ loadConfig }, { openLocalClient }] = await Promise.all([
    import("../core/config/load_config.ts"),
    import("../core/local_client.ts"),
  ]);
  const onWarning = (message: string) => edge.output.warn(message);
  const config = await loadConfig(edge.configFile, {
    required: edge.global().config !== undefined,
    onWarning,
  });
  const { bandwidth } = edge.global();
  return openLocalClient({
    ...(bandwidth === undefined ? {} : { bandwidth }),
    ...(log === undefined ? {} : { log }),
    home: edge.home,
    config,
    environment: edge.environment,
    onWarning,
  });
}
