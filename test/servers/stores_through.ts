import { afterEach } from "vitest";
import type { Store } from "../../core/store/store.ts";
import { type FaultProxy, startFaultProxy } from "./fault_proxy.ts";
import { type HttpInterceptor, type Interception, startHttpInterceptor } from "./http_interceptor.ts";

/** Options of a connection string. */
type Options = Readonly<Record<string, string>>;

/** Opens stores on a real server, and what stands between. */
export interface StoresThrough {
  /** What runs after the test. */
  readonly closing: (() => Promise<void>)[];
  /** A store whose requests go to `port` on 127.0.0.1. */
  readonly through: (port: number, options?: Options) => Promise<Store>;
  /** One whose connections can be made to break. */
  readonly proxied: (options?: Options) => Promise<{ readonly proxy: FaultProxy; readonly store: Store }>;
  /** One whose requests `decide` answers, passes on or breaks, by `METHOD /path?query`. */
  readonly intercepted: (
    decide: (line: string) => Interception,
    options?: Options,
  ) => Promise<{ readonly interceptor: HttpInterceptor; readonly store: Store }>;
}

/** Opens stores of one server directly or through something that breaks what passes; all of it is closed after each test. To be called where tests
 *  are declared; `server` is asked once a test runs. */
export function storesThrough(
  server: () => {
    readonly port: number;
    readonly open: (port: number, options: Options) => Promise<Store>;
  },
): StoresThrough {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const through = async (port: number, options: Options = {}): Promise<Store> => {
    const store = await server().open(port, options);
    closing.push(() => store.close());
    return store;
  };
  return {
    closing,
    through,
    async proxied(options) {
      const proxy = await startFaultProxy(server().port);
      closing.push(() => proxy.close());
      return { proxy, store: await through(proxy.port, options) };
    },
    async intercepted(decide, options) {
      const interceptor = await startHttpInterceptor(server().port, decide);
      closing.push(() => interceptor.close());
      return { interceptor, store: await through(interceptor.port, options) };
    },
  };
}
