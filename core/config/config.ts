/** The configuration of jcs, checked. */
export type Config = Readonly<Record<string, unknown>>;
