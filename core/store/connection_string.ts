/** A connection string, taken apart: `<service>://[name][/work/directory][?key=value&…]`.
 *
 *  There is no escaping: `&` cannot stand in a value. A key without `=` means `true`; of a key that stands twice the first counts. */
export interface Connection {
  readonly service: string;
  /** The bucket, host or share; empty where the service has none. Holds no `/`. */
  readonly name: string;
  /** Starts and ends with `/`. */
  readonly workDirectory: string;
  readonly options: ReadonlyMap<string, string>;
}
