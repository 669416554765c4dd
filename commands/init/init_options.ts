/** What `jcs init` is to write; what is absent has its default. */
export interface InitOptions {
  readonly dir?: string;
  /** `mysql://…`; absent or empty for the embedded catalogue. */
  readonly db?: string;
  readonly listen?: string;
  readonly host?: readonly string[];
  readonly force?: true;
}

/** Where the daemon listens unless said otherwise. */
export const LISTEN_DEFAULT = "127.0.0.1:7890";
