import type { Connection } from "./connection_string.ts";
import type { Store } from "./store.ts";

/** One service: what `all.ts` lists. A new one is one file with this as its export, one line in the list, and a ten-line test that
 *  runs the conformance suite. */
export interface Service {
  /** The word before `://`. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** Connection strings that work, for help and for error messages. */
  readonly examples: readonly string[];
  /** What a connection string of this service may have besides the options that all have (LAYER_OPTIONS): parser, help,
   *  environment names and redaction are made of it. */
  readonly options: readonly ServiceOption[];
  /** Another spelling that people know from elsewhere, as a connection string of the usual form; `undefined` for any other text. */
  respell?(text: string): string | undefined;
  /** What the work directory lies on: the server and the name, in one spelling for all connection strings of whatever service that reach
   *  it. The endpoint, or else the service, and the name unless said otherwise. Talks to nobody; throws for a connection that is wrong. */
  rootOf?(connection: Connection, context: Pick<OpenContext, "environment">): string;
  /** Opens the store without layers. Imports client libraries only here, so that start-up stays short. Does not create what is
   *  missing: a missing bucket or root shows as `Unreachable` at the first operation. */
  open(connection: Connection, context: OpenContext): Promise<Store>;
}

/** One option of a service. */
export interface ServiceOption {
  readonly key: string;
  readonly type: "string" | "boolean" | "integer" | "duration" | "bytes" | "credential" | "endpoint";
  readonly help: string;
  readonly required?: boolean;
  readonly default?: string;
  /** The value is never shown, logged or stored unsealed. `credential` options always are secret unless they are references. */
  readonly secret?: boolean;
}

/** What opening a store may use of the process. */
export interface OpenContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The place went through {@link Store.prepare} when it became a space: without its mark it is `Unreachable`. */
  readonly prepared?: boolean;
}
