import { collect } from "../../bytes/collect.ts";
import { isKind, JcsError } from "../../errors.ts";
import type { CallOptions, Capabilities, ObjectMeta, Store } from "../store.ts";
import { storeError } from "../store_error.ts";

/** Small objects of a layer that lie beside the user's: each has the name of its owner and a suffix that no user's name may have. */
export interface Companions {
  /** Throws `Usage` for a path with a reserved name, and for one that leaves no room for the companion's. */
  check(operation: string, path: string): void;
  /** Where the companion of `path` lies. */
  of(path: string): string;
  /** Whose companion this entry of a list is, if it is one. */
  ownerOf(entry: ObjectMeta): string | undefined;
  /** What the companion of `path` says, if there is one; `Corrupt` for what is not as {@link Companions.write} makes it. */
  read(path: string, options: CallOptions): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Writes the companion of `path`, whole or not at all. */
  write(path: string, content: Readonly<Record<string, unknown>>, options: CallOptions): Promise<void>;
  /** Removes the companion of `path`. Idempotent. */
  remove(path: string, options: CallOptions): Promise<void>;
  /** The lengths that are left for the user's names. */
  readonly limits: Pick<Capabilities, "pathBytesMax" | "nameBytesMax">;
}

/** The companions of one layer on `inner`: JSON of at most `bytesMax` that begins with the format's name. */
export function companions(
  inner: Store,
  kind: { readonly suffix: string; readonly format: string; readonly bytesMax: number },
): Companions {
  const { suffix, format, bytesMax } = kind;
  const { info, capabilities } = inner;
  const limits = {
    pathBytesMax: capabilities.pathBytesMax - suffix.length,
    nameBytesMax: capabilities.nameBytesMax - suffix.length,
  };
  const of = (path: string) => path + suffix;
  return {
    limits,
    of,
    check(operation, path) {
      const refuse = (state: string) => storeError(info, { kind: "Usage", operation, path, state });
      for (const name of path.split("/")) {
        if (name.endsWith(suffix)) throw refuse(`names that end with "${suffix}" are jcs's own`);
        if (Buffer.byteLength(name) > limits.nameBytesMax) {
          throw refuse(`a name is longer than ${limits.nameBytesMax} bytes`);
        }
      }
      if (Buffer.byteLength(info.workDirectory + path) > limits.pathBytesMax) {
        throw refuse(`the path is longer than ${limits.pathBytesMax} bytes`);
      }
    },
    ownerOf({ path, kind }) {
      if (kind !== "file" || !path.endsWith(suffix)) return undefined;
      const owner = path.slice(0, -suffix.length);
      return owner === "" || owner.endsWith("/") ? undefined : owner;
    },
    async read(path, options) {
      try {
        const bytes = await collect(
          await inner.read(of(path), { ...onlySignal(options), length: bytesMax + 1 }),
          {
            bytesMax: bytesMax + 1,
          },
        );
        const content = bytes.length > bytesMax ? undefined : parse(bytes);
        if (content?.["jcs"] === format) return content;
      } catch (error) {
        if (isKind(error, "NotFound")) return undefined;
        throw error;
      }
      const state = `"${of(path)}" is not what jcs writes there; remove it with another tool`;
      throw new JcsError("Corrupt", `Cannot read the ${format} of ${JSON.stringify(path)}: ${state}`, {
        where: { path },
      });
    },
    async write(path, content, options) {
      const bytes = Buffer.from(`${JSON.stringify({ jcs: format, ...content })}\n`);
      if (bytes.length > bytesMax) {
        const state = `the ${format} is longer than ${bytesMax} bytes`;
        throw storeError(info, { kind: "Usage", operation: "write", path, state });
      }
      await inner.write(of(path), bytes, onlySignal(options));
    },
    remove: (path, options) => inner.remove(of(path), onlySignal(options)),
  };
}

/** What every operation may be told, of the options of any. */
export function onlySignal({ signal }: CallOptions): CallOptions {
  return signal === undefined ? {} : { signal };
}

/** What `found` gives, or `undefined` when nothing is there. */
export async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  }
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
