import { ADDRESS_SCHEME } from "../../core/catalog/address.ts";
import { validateName } from "../../core/catalog/names.ts";
import type { NativeAddress } from "../../core/client.ts";
import { JcsError } from "../../core/errors.ts";

/** Reads `space:path`; `undefined` for anything else. Nothing is unescaped, globs are not known. */
export function parseNative(text: string): NativeAddress | undefined {
  if (text.startsWith(ADDRESS_SCHEME) || /^[./]/.test(text)) return undefined;
  const colon = text.indexOf(":");
  if (colon === -1 || text.slice(0, colon).includes("/")) return undefined;
  const space = text.slice(0, colon);
  validateName("space", space);
  return { space, path: text.slice(colon + 1) };
}

/** `space:path`, as {@link parseNative} reads it. */
export function formatNative({ space, path }: NativeAddress): string {
  return `${space}:${path}`;
}

/** The arguments as paths on spaces: all of them, or `undefined` when none is. Throws `Usage` for a mixture. */
export function parseNatives(words: readonly string[]): readonly NativeAddress[] | undefined {
  const natives = words.map(parseNative);
  const found = natives.filter((each) => each !== undefined);
  if (found.length === 0) return undefined;
  if (found.length === words.length) return found;
  throw new JcsError(
    "Usage",
    "Cannot use paths on spaces (space:path) together with objects of jcs (bucket/package/path): use them in separate commands",
  );
}

/** Where something called `name` goes: into the target when that ends with a slash or names the space alone, else to its very name. */
export function nativeTarget(
  target: NativeAddress,
  source: { readonly name: string; readonly several: boolean },
): NativeAddress {
  const { space, path } = target;
  if (path !== "" && !path.endsWith("/") && !source.several) return target;
  const directory = path === "" || path.endsWith("/") ? path : `${path}/`;
  return { space, path: `${directory}${source.name}` };
}
