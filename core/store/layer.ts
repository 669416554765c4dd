import type { Store } from "./store.ts";

/** Behaviour that is the same for every service (retry, timeout, limits, faults), put around a store. */
export type Layer = (inner: Store) => Store;

/** `store` inside `layers`: the first is the outermost. */
export function withLayers(store: Store, layers: readonly Layer[]): Store {
  return layers.reduceRight((inner, layer) => layer(inner), store);
}
