import { createHash } from "node:crypto";
import { formatAddress } from "../../core/catalog/address.ts";
import type { BlockRecord, ObjectAddress, ObjectRecord } from "../../core/catalog/catalog.ts";
import { validateObjectPath } from "../../core/catalog/names.ts";
import { compareUtf8 } from "../../core/catalog/utf8_order.ts";
import type {
  Client,
  GetRequest,
  ListEntry,
  ListRequest,
  PutOutcome,
  PutRequest,
  SpaceView,
} from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";
import type { Redundancy } from "../../core/redundancy/scheme.ts";
import { shapeOf } from "../../core/redundancy/shape.ts";
import type { Plan } from "../../ioswitch/plan.ts";

/** A {@link Client} in memory, for tests of commands only: it keeps whole objects, and its blocks are records without bytes. */
export interface FakeClient extends Client {
  readonly objects: Map<string, { readonly record: ObjectRecord; readonly bytes: Uint8Array }>;
  /** What was asked for, in order: `put b/p/x`. */
  readonly calls: string[];
  /** Called before each operation on an object; a throw fails it, a promise delays it. */
  before: (operation: string, address: ObjectAddress) => Promise<void> | void;
  /** Gives the bytes of an object to `get` in place of what is stored. */
  body: ((address: ObjectAddress, bytes: Uint8Array) => AsyncIterable<Uint8Array>) | undefined;
  /** Most operations that ran at the same time. */
  mostAtOnce: number;
  /** Blocks that every put leaves out. */
  owed: readonly number[];
  warnings: readonly string[];
  /** Spaces with the connection strings as they were given. */
  readonly fakeSpaces: Map<string, SpaceView & { readonly full: string }>;
  testError: JcsError | undefined;
}

const PIECE_BYTES = 1000;

/** Makes a client with nothing in it. */
export function createFakeClient(): FakeClient {
  const buckets = new Map<string, Map<string, Date>>();
  const objects: FakeClient["objects"] = new Map();
  let running = 0;
  let generations = 0;

  function existing(address: ObjectAddress) {
    const found = objects.get(formatAddress(address));
    if (found) return found;
    throw new JcsError("NotFound", `Cannot find "${formatAddress(address)}": no such object`);
  }

  function packageMap(bucket: string): Map<string, Date> {
    const packages = buckets.get(bucket);
    if (packages) return packages;
    throw new JcsError("NotFound", `Cannot find bucket "${bucket}": no such bucket`);
  }

  async function counted<T>(
    operation: string,
    address: ObjectAddress,
    work: () => Promise<T> | T,
  ): Promise<T> {
    client.calls.push(`${operation} ${formatAddress(address)}`);
    client.mostAtOnce = Math.max(client.mostAtOnce, ++running);
    try {
      await client.before(operation, address);
      return await work();
    } finally {
      running--;
    }
  }

  async function store(request: PutRequest): Promise<PutOutcome> {
    const { address, source } = request;
    validateObjectPath(address.path);
    const name = formatAddress(address);
    const old = objects.get(name);
    if (request.ifAbsent && old)
      throw new JcsError("AlreadyExists", `Cannot put "${name}": it exists already`);
    if (request.skipUnchanged && old && isSame(old.record, request)) {
      return { status: "unchanged", object: old.record, missingBlocks: [], warnings: [] };
    }
    const bytes = await readAll(request);
    const redundancy: Redundancy =
      request.scheme === undefined || request.scheme.kind === "auto" ? { kind: "none" } : request.scheme;
    const now = new Date();
    const id = (++generations).toString(16).padStart(32, "0");
    const spaces = request.spaces ?? [...client.fakeSpaces.keys()];
    const record: ObjectRecord = {
      address,
      createdAt: old?.record.createdAt ?? now,
      updatedAt: now,
      generation: {
        id,
        size: bytes.length,
        hash: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
        redundancy,
        payloadBytes: bytes.length,
        checksumChunkBytes: 65536,
        metadata: request.metadata ?? {},
        ...(source.modifiedAt === undefined ? {} : { modifiedAt: source.modifiedAt }),
        createdAt: now,
      },
      blocks: fakeBlocks(redundancy, { id, owed: client.owed, spaces }),
    };
    if (!buckets.has(address.bucket)) buckets.set(address.bucket, new Map());
    if (!packageMap(address.bucket).has(address.package))
      packageMap(address.bucket).set(address.package, now);
    objects.set(name, { record, bytes });
    const status = client.owed.length > 0 ? "degraded" : "stored";
    return { status, object: record, missingBlocks: client.owed, warnings: client.warnings };
  }

  function relocate(operation: "copy" | "move"): Client["copy"] {
    return (source, target, options = {}) =>
      counted(operation, source, () => {
        validateObjectPath(target.path);
        const { record, bytes } = existing(source);
        const name = formatAddress(target);
        if (!buckets.get(target.bucket)?.has(target.package)) {
          throw new JcsError("NotFound", `Cannot ${operation} to "${name}": no such package`);
        }
        if (!options.replace && objects.has(name)) {
          throw new JcsError("AlreadyExists", `Cannot ${operation} to "${name}": it exists already`);
        }
        objects.set(name, { record: { ...record, address: target, updatedAt: new Date() }, bytes });
        if (operation === "move") objects.delete(formatAddress(source));
      });
  }

  const client: FakeClient = {
    objects,
    calls: [],
    before: () => {},
    body: undefined,
    mostAtOnce: 0,
    owed: [],
    warnings: [],
    fakeSpaces: new Map(),
    testError: undefined,
    buckets: {
      async create(name) {
        if (buckets.has(name))
          throw new JcsError("AlreadyExists", `Cannot create bucket "${name}": it exists already`);
        buckets.set(name, new Map());
      },
      list: async () =>
        [...buckets.keys()].sort(compareUtf8).map((name) => ({ name, createdAt: new Date(0) })),
      async remove(name, options = {}) {
        if (packageMap(name).size > 0 && !options.recursive) {
          throw new JcsError("ConditionFailed", `Cannot remove bucket "${name}": it has packages`);
        }
        for (const key of objects.keys()) if (key.startsWith(`${name}/`)) objects.delete(key);
        buckets.delete(name);
      },
    },
    packages: {
      async create(address) {
        const packages = packageMap(address.bucket);
        if (packages.has(address.package))
          throw new JcsError("AlreadyExists", "Cannot create package: it exists already");
        packages.set(address.package, new Date(0));
      },
      list: async (bucket) =>
        [...packageMap(bucket)]
          .sort(([a], [b]) => compareUtf8(a, b))
          .map(([name, createdAt]) => ({ bucket, name, createdAt })),
      async remove(address, options = {}) {
        const name = formatAddress(address);
        const inside = [...objects.keys()].filter((key) => key.startsWith(`${name}/`));
        if (inside.length > 0 && !options.recursive) {
          throw new JcsError("ConditionFailed", `Cannot remove package "${name}": it has objects`);
        }
        for (const key of inside) objects.delete(key);
        if (!packageMap(address.bucket).delete(address.package)) {
          throw new JcsError("NotFound", `Cannot remove package "${name}": no such package`);
        }
      },
      async clone(source, target) {
        await client.packages.create(target);
        for (const { record, bytes } of [...objects.values()]) {
          const { address } = record;
          if (address.bucket !== source.bucket || address.package !== source.package) continue;
          const copy = { ...target, path: address.path };
          objects.set(formatAddress(copy), { record: { ...record, address: copy }, bytes });
        }
      },
    },
    put: (request) => counted("put", request.address, () => store(request)),
    get: (request) =>
      counted("get", request.address, () => {
        const { record, bytes } = existing(request.address);
        const offset = request.offset ?? 0;
        const end = request.length === undefined ? undefined : offset + request.length;
        const part = bytes.subarray(offset, end);
        const body = client.body?.(request.address, part) ?? pieces(part, request);
        return { object: record, length: part.length, body };
      }),
    stat: (address) => counted("stat", address, () => existing(address).record),
    list: (request) => listObjects(objects, request),
    remove: (address) =>
      counted("remove", address, () => {
        existing(address);
        objects.delete(formatAddress(address));
      }),
    move: relocate("move"),
    copy: relocate("copy"),
    async planPut(request) {
      const stage = request.before ? "before" : "after";
      return fakePlan(`put ${formatAddress(request.address)} ${stage} ${request.size ?? "?"}`);
    },
    async planGet(request) {
      existing(request.address);
      const stage = request.before ? "before" : "after";
      return fakePlan(
        `get ${formatAddress(request.address)} ${stage} without ${request.without?.join() ?? "none"}`,
      );
    },
    async *collectGarbage() {
      yield { space: "a", removed: 3 };
      yield { space: "b", removed: 0, error: new JcsError("Unreachable", 'Cannot reach space "b"') };
    },
    describe: (plan) => new Map(plan.ops.map((op) => [op.id, `does ${String(op.attrs["what"])}`])),
    spaces: {
      async add(space) {
        if (client.fakeSpaces.has(space.name)) {
          throw new JcsError("AlreadyExists", `Cannot add space "${space.name}": it exists already`);
        }
        const { connection, ...rest } = space;
        client.fakeSpaces.set(space.name, {
          ...rest,
          service: connection.slice(0, connection.indexOf(":")),
          connection: connection.replace(/hmac:[^&]*/, "***"),
          full: connection,
          temporary: false,
          blocks: 0,
          bytes: 0,
        });
      },
      list: async () => [...client.fakeSpaces.values()].map(viewOf),
      async show(name) {
        const view = client.fakeSpaces.get(name);
        if (view) return viewOf(view);
        throw new JcsError("NotFound", `Cannot find space "${name}": no such space`);
      },
      async remove(name, options = {}) {
        const view = await client.spaces.show(name);
        if (view.blocks > 0 && !options.force)
          throw new JcsError("ConditionFailed", `Cannot remove space "${name}": in use`);
        client.fakeSpaces.delete(name);
      },
      async *test(name) {
        await client.spaces.show(name);
        yield { step: "write", milliseconds: 1.4 };
        yield { step: "stat", milliseconds: 2, ...(client.testError ? { error: client.testError } : {}) };
      },
      async *probe(name) {
        await client.spaces.show(name);
        yield { name: "read range", verdict: "yes" };
        yield {
          name: "write latency",
          verdict: "yes",
          value: 1.5,
          unit: "ms",
          detail: "slowest of 12: 3 ms",
        };
        yield { name: "longest name", verdict: "yes", value: 255, unit: "bytes" };
        if (client.testError) yield { name: "list in order", verdict: "broken" };
      },
    },
    async close() {},
  };
  return client;
}

async function readAll({ address, source, signal, onEvent }: PutRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open()) {
    if (signal?.aborted) throw new JcsError("Cancelled", "Stopped: interrupted");
    chunks.push(chunk);
    onEvent?.({ type: "progress", bytes: chunk.length });
  }
  const bytes = new Uint8Array(Buffer.concat(chunks));
  if (source.size === undefined || source.size === bytes.length) return bytes;
  throw new JcsError("ConditionFailed", `Cannot put "${formatAddress(address)}": its source changed`);
}

function viewOf(space: SpaceView & { readonly full: string }): SpaceView {
  const { full: _, ...view } = space;
  return view;
}

function isSame(record: ObjectRecord, { source }: PutRequest): boolean {
  const { size, modifiedAt } = record.generation;
  return (
    size === source.size && modifiedAt !== undefined && modifiedAt.getTime() === source.modifiedAt?.getTime()
  );
}

function fakeBlocks(
  redundancy: Redundancy,
  options: { readonly id: string; readonly owed: readonly number[]; readonly spaces: readonly string[] },
): readonly BlockRecord[] {
  const { id, owed, spaces } = options;
  return Array.from({ length: shapeOf(redundancy).blocks }, (_, index) => index)
    .filter((index) => !owed.includes(index))
    .map((index) => ({
      index,
      space: spaces[index % Math.max(1, spaces.length)] ?? `s${index}`,
      path: `jcs/blocks/${id.slice(-2)}/${id}.${index}`,
      bytes: 100 + index,
    }));
}

async function* pieces(bytes: Uint8Array, request: GetRequest): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    if (request.signal?.aborted) throw new JcsError("Cancelled", "Stopped: interrupted");
    const piece = bytes.slice(at, at + PIECE_BYTES);
    request.onEvent?.({ type: "progress", bytes: piece.length });
    yield piece;
  }
}

async function* listObjects(objects: FakeClient["objects"], request: ListRequest): AsyncGenerator<ListEntry> {
  const prefix = request.prefix ?? "";
  const paths = [...objects.values()]
    .map(({ record }) => record)
    .filter(({ address }) => address.bucket === request.package.bucket)
    .filter(({ address }) => address.package === request.package.package && address.path.startsWith(prefix))
    .sort((a, b) => compareUtf8(a.address.path, b.address.path));
  let last = "";
  for (const { blocks: _, ...object } of paths) {
    const rest = object.address.path.slice(prefix.length);
    const slash = rest.indexOf("/");
    if (!request.delimited || slash < 0) yield { type: "object", object };
    else {
      const path = prefix + rest.slice(0, slash + 1);
      if (path !== last) yield { type: "prefix", path };
      last = path;
    }
  }
}

function fakePlan(what: string): Plan {
  return {
    ops: [{ id: "op#1", kind: "fake", attrs: { what }, inputs: [] }],
    results: { object: { op: "op#1", port: 0 } },
    bufferBytes: 1024,
  };
}
