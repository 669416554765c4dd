import type { OpTable } from "../../ioswitch/op_table.ts";
import type { ServiceRegistry } from "../../ioswitch/services.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Network } from "../store/http/network.ts";
import type { SpacePermits } from "./space_permits.ts";
import type { SpaceRegistry } from "./space_registry.ts";

/** What the use cases of this folder work on. */
export interface ObjectContext {
  readonly catalog: Catalog;
  readonly spaces: SpaceRegistry;
  readonly table: OpTable;
  readonly services: ServiceRegistry;
  readonly permits: SpacePermits;
  readonly settings: ObjectSettings;
  /** The way to servers of URLs that are fetched; direct unless given. */
  readonly network?: Network;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/** Settings from the configuration. */
export interface ObjectSettings {
  /** `auto` erasure-codes objects larger than this. */
  readonly ecThresholdBytes: number;
  /** What `auto` means right after an upload: `now` decides at once, `defer` stores `none` and leaves it to the nightly job. */
  readonly onUpload: "now" | "defer";
  readonly leaseMs: number;
  readonly stallMs: number;
}
