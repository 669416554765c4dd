/** Compares two strings by their UTF-8 bytes, the order of every list of the catalogue: negative, zero or positive.
 *
 *  The order of JavaScript strings differs: it compares UTF-16 units, so that U+FFFD comes after an emoji. */
export function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The first string, in UTF-8 byte order, that comes after every string that starts with `prefix`; `undefined` when nothing does
 *  (the prefix is empty, or all U+10FFFF).
 *
 *  Requires: well-formed Unicode. The order of UTF-8 bytes is that of code points, so the last code point is raised by one. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}
