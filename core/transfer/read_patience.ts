import type { ServiceKey } from "../../ioswitch/services.ts";

/** How patient block reads are. */
export interface ReadPatience {
  /** How long a read may give nothing while somebody waits for it. */
  readonly stallMs: number;
}

/** Where storage ops find it. */
export const READ_PATIENCE: ServiceKey<ReadPatience> = { name: "read-patience" };
