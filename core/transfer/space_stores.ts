import type { ServiceKey } from "../../ioswitch/services.ts";
import type { Store } from "../store/store.ts";

/** Opens the store of a space, once; the owner of the service closes it. Throws for a space that is not configured. */
export interface SpaceStores {
  open(space: string): Promise<Store>;
}

/** Where storage ops find the stores of spaces. */
export const SPACE_STORES: ServiceKey<SpaceStores> = { name: "space-stores" };
