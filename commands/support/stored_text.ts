import { ADDRESS_SCHEME } from "../../core/catalog/address.ts";
import { JcsError } from "../../core/errors.ts";

/** Text that names something inside jcs, without `jcs://`; globs and escapes are still in it.
 *
 *  Throws `Usage` for a local path or `-` (`command` is named in the hint), `Unsupported` for a path on a space (`space:native/path`). */
export function storedText(text: string, command: string): string {
  if (text.startsWith(ADDRESS_SCHEME)) return text.slice(ADDRESS_SCHEME.length);
  if (text === "-") {
    throw new JcsError("Usage", `Cannot use "-" here: ${command} wants bucket/package/path`);
  }
  if (/^(\/|\.\.?(\/|$))/.test(text)) {
    const hint = "write bucket/package/path, or move data with put and get";
    throw new JcsError(
      "Usage",
      `Cannot use ${JSON.stringify(text)} with ${command}: it is a local path; ${hint}`,
    );
  }
  refuseSpacePath(text);
  return text;
}

/** Throws `Unsupported` when `text` is a path on a space, `space:native/path`. */
export function refuseSpacePath(text: string): void {
  if (text.startsWith(ADDRESS_SCHEME) || !/^[^/]*:/.test(text)) return;
  throw new JcsError(
    "Unsupported",
    `Cannot use ${JSON.stringify(text)} here: it is a path on a space (space:path). ls, stat, cat, get, put, cp, mv, rm, sign and tee take those`,
  );
}
