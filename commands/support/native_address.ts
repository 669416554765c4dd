import { ADDRESS_SCHEME } from "../../core/catalog/address.ts";
import { validateName } from "../../core/catalog/names.ts";
import { JcsError } from "../../core/errors.ts";
import type { NativeAddress } from "../../core/native_client.ts";
import { refuseSameNames } from "./refuse_same_names.ts";

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

/** As {@link refuseSameNames}, for files of spaces. */
export function refuseSameNativeNames(addresses: readonly NativeAddress[], command: string): void {
  const pathOf = (source: string) => source.slice(source.indexOf(":") + 1);
  refuseSameNames(addresses.map(formatNative), { command, pathOf });
}
