import type { Client } from "./client.ts";
import type { Config } from "./config/config_schema.ts";
import { JcsError } from "./errors.ts";

/** What a client in this process is opened with. */
export interface LocalClientOptions {
  /** $JCS_HOME: holds the embedded catalogue and the secret key. */
  readonly home: string;
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told what the user should know and nothing has failed for. */
  readonly onWarning: (message: string) => void;
}

/** Opens the catalogue and the spaces in this process. */
export async function openLocalClient(_options: LocalClientOptions): Promise<Client> {
  throw new JcsError("Unsupported", "Cannot open the store: this build has no client in it yet");
}
