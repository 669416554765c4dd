import { tmpdir } from "node:os";
import { assert } from "../assert.ts";
import { findService } from "./all.ts";
import { type Connection, parseConnection } from "./connection_string.ts";
import { type Layer, withLayers } from "./layer.ts";
import { defaultLayers } from "./layers/default_layers.ts";
import { LAYER_OPTIONS } from "./layers/layer_options.ts";
import type { ProbeFinding } from "./probe/finding.ts";
import { withMeasuredParts } from "./probe/measured_parts.ts";
import { readOptions } from "./read_options.ts";
import type { OpenContext } from "./service.ts";
import type { Store } from "./store.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

/** Opens the store that a connection string names, inside the default layers.
 *
 *  `layers` go directly around the service, inside the default ones: faults in tests, for example. Throws `Usage` or `Config` for
 *  a string that is wrong; whether the place is there shows at the first operation. No message holds a secret. The caller closes it. */
export async function openStore(
  connectionText: string,
  options: OpenContext & {
    readonly layers?: readonly Layer[];
    /** What the stores of this process have in common; nothing unless given. */
    readonly traffic?: Traffic;
    /** The space it is, and whose: stores of one account share their limits. Its own name unless given. */
    readonly space?: { readonly name: string; readonly account?: string };
    /** What a probe found out about it: what it cannot do is not relied on, and how quick it is sets where nothing is said. */
    readonly findings?: readonly ProbeFinding[];
    /** $JCS_HOME: where caches lie that the connection wants. None are used unless given. */
    readonly cacheHome?: string;
  },
): Promise<Store> {
  const { layers = [], traffic = createTraffic(), space, findings = [], cacheHome, ...context } = options;
  const connection: Connection = { ...parseConnection(connectionText), space: space?.name };
  const service = findService(connection.service);
  assert(service !== undefined, "a parsed connection names a service");
  const values = readOptions(LAYER_OPTIONS, { ...connection, environment: context.environment });
  const name = `${connection.service}://${connection.name}`;
  const around = defaultLayers(values, {
    traffic,
    space: space ?? { name },
    findings,
    temporaryDirectory: context.environment["JCS_TEMP"] || tmpdir(),
    connection,
    cacheHome,
  });
  const fitted = withMeasuredParts(connection, { options: service.options, findings, ...context });
  const store = await service.open(fitted, context);
  assert(store.info.space === connection.space, "a service passes the name of its space on");
  return withLayers(store, [...around, ...layers]);
}
