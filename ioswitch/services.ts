/** A typed name under which an embedding program offers something to ops. */
export interface ServiceKey<T> {
  readonly name: string;
  /** Carries the type only; never set. */
  readonly type?: T;
}

/** Things that ops may ask for, by key. */
export interface Services {
  /** Throws when nothing was registered under `key`, naming the key. */
  get<T>(key: ServiceKey<T>): T;
}

/** Makes a registry with nothing in it; `with` adds and returns a new one. */
export interface ServiceRegistry extends Services {
  with<T>(key: ServiceKey<T>, service: T): ServiceRegistry;
}

/** The registry that offers nothing. */
export function createServices(entries: ReadonlyMap<string, unknown> = new Map()): ServiceRegistry {
  return {
    get<T>(key: ServiceKey<T>): T {
      if (!entries.has(key.name)) throw new Error(`Cannot find service "${key.name}": it was not registered`);
      return entries.get(key.name) as T;
    },
    with<T>(key: ServiceKey<T>, service: T): ServiceRegistry {
      return createServices(new Map(entries).set(key.name, service));
    },
  };
}
