import { collect } from "../../bytes/collect.ts";
import type { CallOptions, ReadOptions, Store } from "../store.ts";
import type { ProbeFinding } from "./finding.ts";

/** What each measurement works with. */
export interface ProbeBench {
  readonly store: Store;
  /** A directory that nobody else uses; ends with a slash. */
  readonly folder: string;
  readonly options: CallOptions;
}

/** One measurement. What it throws makes the finding `unknown`. */
export interface Measurement {
  readonly name: ProbeFinding["name"];
  run(bench: ProbeBench): Promise<Omit<ProbeFinding, "name">>;
}

/** The bytes at a path. */
export async function readBytes(
  { store, options }: ProbeBench,
  call: ReadOptions & { readonly path: string; readonly bytesMax: number },
): Promise<Uint8Array> {
  const { path, bytesMax, ...rest } = call;
  return await collect(await store.read(path, { ...rest, ...options }), { bytesMax });
}

/** The paths below a directory, in the order of the store; a probe makes few. */
export async function pathsBelow({ store, options }: ProbeBench, directory: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list(directory, options)) paths.push(path);
  return paths;
}

/** `bytes` bytes that cannot be compressed to nothing and differ by `seed`. */
export function probeBytes(bytes: number, seed = 1): Uint8Array {
  const content = new Uint8Array(bytes);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let index = 0; index < bytes; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    content[index] = state;
  }
  return content;
}

/** Whether both hold the same. */
export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** What it says when a store does what it claims, or claims nothing. */
export function verdict(works: boolean, declared: boolean): ProbeFinding["verdict"] {
  if (works) return "yes";
  return declared ? "broken" : "no";
}
