import { isKind, JcsError } from "../../../core/errors.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import { type Glob, isGlob, literalGlob, parseGlob } from "../../../core/objects/glob.ts";
import { normalizePrefix } from "../../../core/store/normalize_path.ts";
import type { CallOptions, ObjectMeta } from "../../../core/store/store.ts";
import { formatNative } from "../native_address.ts";

/** What one `space:path` of a command turned out to mean. */
export type NativeSelection =
  | { readonly kind: "object"; readonly meta: ObjectMeta }
  /** Everything below `directory`, which is empty (the whole space) or has no slash at its ends. `base` is its last name; `seen`: it is known
   *  to be there, even when no file is in it. */
  | {
      readonly kind: "tree";
      readonly directory: string;
      readonly base: string;
      readonly seen: boolean;
      readonly meta?: ObjectMeta;
    }
  | { readonly kind: "glob"; readonly glob: Glob };

/** Finds out what a path on a space means: a name that exists wins over its reading as a glob, a file over the directory of the same name.
 *
 *  What ends with a slash is a directory, and whether anything is in it shows when it is listed. Throws `NotFound` when there is no such
 *  file or directory, `Usage` when the path breaks the rules. */
export async function selectNative(
  native: NativeClient,
  at: NativeAddress,
  options: CallOptions,
): Promise<NativeSelection> {
  const { info } = await native.about(at.space);
  const select = (path: string) => selectPath(native, { ...options, at, path, directory: directoryOf(path) });
  const directoryOf = (path: string) => normalizePrefix(path, info.workDirectory);
  if (!isGlob(at.path)) return await select(at.path);
  // No name on a space holds a backslash: one always takes the meaning of what follows.
  const exact = at.path.includes("\\") ? undefined : await unlessMissing(select(at.path));
  if (exact !== undefined && !(exact.kind === "tree" && !exact.seen)) return exact;
  const literal = literalGlob(at.path);
  if (literal !== undefined) return await select(literal);
  return { kind: "glob", glob: parseGlob(relativePattern(at, info.workDirectory)) };
}

async function selectPath(
  native: NativeClient,
  options: CallOptions & { readonly at: NativeAddress; readonly path: string; readonly directory: string },
): Promise<NativeSelection> {
  const { at, path, directory, ...call } = options;
  const base = directory.slice(directory.lastIndexOf("/") + 1);
  const tree = (seen: boolean) => ({ kind: "tree", directory, base, seen }) as const;
  if (directory === "") return tree(true);
  if (path.endsWith("/")) return tree(isGlob(path) && (await hasEntries(native, options)));
  try {
    const meta = await native.stat({ ...at, path: directory }, call);
    return meta.kind === "directory" ? { ...tree(true), meta } : { kind: "object", meta };
  } catch (error) {
    if (isKind(error, "NotFound") && (await hasEntries(native, options))) return tree(true);
    throw error;
  }
}

async function hasEntries(
  native: NativeClient,
  { at, directory, ...call }: CallOptions & { readonly at: NativeAddress; readonly directory: string },
): Promise<boolean> {
  const { signal } = call;
  const list = { delimited: true, ...(signal === undefined ? {} : { signal }) };
  for await (const _ of native.list({ ...at, path: directory }, list)) return true;
  return false;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isKind(error, "NotFound", "Usage")) return undefined;
    throw error;
  }
}

/** The pattern relative to the space's directory, as names in lists are. */
function relativePattern(at: NativeAddress, workDirectory: string): string {
  if (!at.path.startsWith("/")) return at.path;
  if (at.path.startsWith(workDirectory)) return at.path.slice(workDirectory.length);
  const why = `it lies outside of ${JSON.stringify(workDirectory)}, the directory of the space`;
  throw new JcsError("Usage", `Cannot use ${JSON.stringify(formatNative(at))}: ${why}`);
}

/** Throws `NotFound` unless there is such a directory; where directories are only prefixes, one without a file is not there. */
export async function requireDirectory(
  native: NativeClient,
  at: NativeAddress,
  call: CallOptions,
): Promise<void> {
  const path = at.path.replace(/[/\\]+$/, "");
  const found = await native.stat({ ...at, path }, call).catch((error: unknown) => {
    if (isKind(error, "NotFound")) return undefined;
    throw error;
  });
  if (found?.kind === "directory") return;
  const name = JSON.stringify(formatNative(at));
  const state = found === undefined ? "there is nothing by that name" : "it is a file, not a directory";
  throw new JcsError("NotFound", `Cannot find ${name}: ${state}`, { where: { space: at.space, path } });
}
