import type { ByteStream } from "../../bytes/byte_stream.ts";
import type { ErrorKind, Retry } from "../../errors.ts";
import type { Layer } from "../layer.ts";
import { objectStream } from "../object_stream.ts";
import type { ObjectStream, StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import { pause } from "./pause.ts";
import { bodyOptions, type Operation, wrapStore } from "./wrap_store.ts";

/** What goes wrong. `at` is a byte of the whole object, wherever a read begins; of a list it is the number of the entry. Without it
 *  the fault strikes before anything else happens. */
export type Fault =
  /** The operation fails; `Unreachable` and `later` unless said otherwise. */
  | { readonly kind: "fail"; readonly error?: ErrorKind; readonly retry?: Retry; readonly at?: number }
  /** Nothing happens any more until the caller cancels. */
  | { readonly kind: "hang"; readonly at?: number }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The operation is done, but the answer is lost: it fails with `Unreachable` and `later`. */
  | { readonly kind: "lose" }
  /** All bits of one byte are turned on the way, silently. */
  | { readonly kind: "flip"; readonly at: number }
  /** The bytes end early and nobody says so: a read is short; a write is stored short and reported whole. */
  | { readonly kind: "truncate"; readonly at: number };

/** When something goes wrong. */
export interface FaultRule {
  readonly operation: Operation | readonly Operation[];
  /** Only where the path matches; everywhere unless given. */
  readonly path?: RegExp;
  /** How many matching calls pass before the first that is struck; 0 unless given. */
  readonly after?: number;
  /** Strikes only every so-many-th of the calls that come then, the first included. */
  readonly every?: number;
  /** How often it strikes; always unless given. */
  readonly times?: number;
  readonly fault: Fault;
}

/** Makes a store fail as the rules say, in the same way each time: for tests. The first rule that strikes a call decides; each rule
 *  counts the calls that it matches, those of all stores that the layer is put around. */
export function faults(rules: readonly FaultRule[]): Layer {
  const seen = new Map<FaultRule, number>();
  const faultFor = (operation: Operation, path: string): Fault | undefined => {
    let striking: Fault | undefined;
    for (const rule of rules) {
      if (![rule.operation].flat().includes(operation) || rule.path?.test(path) === false) continue;
      const before = seen.get(rule) ?? 0;
      seen.set(rule, before + 1);
      const { after = 0, every = 1, times = Number.POSITIVE_INFINITY } = rule;
      const turn = before - after;
      if (turn >= 0 && turn < times * every && turn % every === 0) striking ??= rule.fault;
    }
    return striking;
  };

  return (inner) => {
    const begin = (call: {
      readonly operation: Operation;
      readonly path: string;
      readonly signal: AbortSignal | undefined;
    }): Scene => ({ info: inner.info, ...call, fault: faultFor(call.operation, call.path) });
    return wrapStore(inner, {
      async run({ operation, path, signal }, work) {
        return await struck(begin({ operation, path, signal }), () => work(signal));
      },
      async read(path, call) {
        const scene = begin({ operation: "read", path, signal: call.signal });
        const stream = await struck(scene, () => inner.read(path, call));
        return spoil(stream, { scene, offset: call.offset ?? 0 });
      },
      async send({ operation, path, signal, body, size }, work) {
        const scene = begin({ operation, path, signal });
        const { fault } = scene;
        if (!hasPlace(fault)) return await struck(scene, () => work(body, bodyOptions({ size, signal })));
        const spoilt = spoil(body, { scene, offset: 0 });
        if (operation === "writeAt") {
          const chunks: Uint8Array[] = [];
          for await (const chunk of spoilt) chunks.push(chunk);
          return await work(new Uint8Array(Buffer.concat(chunks)), bodyOptions({ size, signal }));
        }
        // What is cut short without a word is stored short and reported whole; a part has its own length to keep.
        const cut = fault.kind === "truncate" && operation !== "part" && size !== undefined;
        const said = cut ? Math.min(fault.at, size) : size;
        const result = await work(spoilt, bodyOptions({ size: said, signal }));
        return cut && typeof result === "object" ? { ...result, size } : result;
      },
      async *list(prefix, call) {
        const scene = begin({ operation: "list", path: prefix, signal: call.signal });
        if (!hasPlace(scene.fault)) await struck(scene, async () => {});
        let entries = 0;
        for await (const entry of inner.list(prefix, call)) {
          if (hasPlace(scene.fault) && entries === scene.fault.at) await strike(scene);
          entries += 1;
          yield entry;
        }
      },
    });
  };
}

interface Scene {
  readonly info: StoreInfo;
  readonly operation: Operation;
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly fault: Fault | undefined;
}

function hasPlace(fault: Fault | undefined): fault is Fault & { readonly at: number } {
  return fault !== undefined && "at" in fault && fault.at !== undefined;
}

/** Runs the work with what strikes before or after it. */
async function struck<T>(scene: Scene, work: () => Promise<T>): Promise<T> {
  if (!hasPlace(scene.fault)) await strike(scene);
  const result = await work();
  if (scene.fault?.kind !== "lose") return result;
  throw errorOf(scene, {
    kind: "Unreachable",
    retry: "later",
    state: "the answer was lost (injected fault)",
  });
}

/** Fails, hangs or waits. */
async function strike(scene: Scene): Promise<void> {
  const { fault, signal } = scene;
  const error = () => errorOf(scene, { kind: "Cancelled", retry: "never", state: "cancelled" });
  if (fault?.kind === "delay") await pause(fault.delayMs, { signal, error });
  if (fault?.kind === "hang") {
    await new Promise<never>((_, reject) => {
      if (signal?.aborted === true) reject(error());
      signal?.addEventListener("abort", () => reject(error()), { once: true });
    });
  }
  if (fault?.kind === "fail") {
    const { error: kind = "Unreachable", retry = "later" } = fault;
    throw errorOf(scene, { kind, retry, state: "injected fault" });
  }
}

function errorOf(
  { info, operation, path }: Scene,
  fault: { readonly kind: ErrorKind; readonly retry: Retry; readonly state: string },
): Error {
  return storeError(info, { operation, path, ...fault });
}

/** The bytes with what strikes at one of them. */
function spoil(
  source: Uint8Array | ObjectStream,
  options: { readonly scene: Scene; readonly offset: number },
): ObjectStream {
  const { scene, offset } = options;
  const { fault } = scene;
  const stream: ObjectStream = source instanceof Uint8Array ? once(source) : source;
  if (!hasPlace(fault)) return stream;
  const iterator = stream[Symbol.asyncIterator]();
  let position = offset;
  return objectStream({
    etag: stream.etag,
    async pull() {
      if (fault.kind !== "flip" && position >= fault.at) {
        if (fault.kind === "truncate") return undefined;
        await strike(scene);
      }
      const result = await iterator.next();
      if (result.done === true) return undefined;
      const chunk = result.value;
      const at = fault.at - position;
      const isHere = at >= 0 && at < chunk.length;
      if (isHere && fault.kind !== "flip") {
        position = fault.at;
        return chunk.subarray(0, at);
      }
      position += chunk.length;
      return isHere ? flipped(chunk, at) : chunk;
    },
    async close() {
      await iterator.return?.();
    },
  });
}

function flipped(chunk: Uint8Array, index: number): Uint8Array {
  const changed = new Uint8Array(chunk);
  changed[index] = (changed[index] ?? 0) ^ 0xff;
  return changed;
}

async function* once(bytes: Uint8Array): ByteStream {
  if (bytes.length > 0) yield bytes;
}
