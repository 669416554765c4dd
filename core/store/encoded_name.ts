const MARK = "\u201b";
const ENCODED = /(?:\u201b[0-9A-F]{2})+/g;
const LOOKS_ENCODED = /\u201b(?=[0-9A-F]{2})/g;

/** `name` in characters that a service can hold: what `refused` matches becomes `‛` (U+201B) and two hexadecimal digits for each of its UTF-8
 *  bytes. A `‛` that would look like the beginning of one is encoded, too, so that {@link decodeName} gives back every name.
 *
 *  `refused` has the flag `g`. Names that hold nothing of it stay as they are, so that other tools see the names they expect. */
export function encodeName(name: string, refused: RegExp): string {
  return name.replace(LOOKS_ENCODED, encode).replace(refused, encode);
}

/** The inverse of {@link encodeName}. What others have written and cannot be decoded is left as it is. */
export function decodeName(name: string): string {
  return name.replace(ENCODED, (run) => {
    const bytes = Buffer.from(run.replaceAll(MARK, ""), "hex");
    const text = bytes.toString("utf8");
    return Buffer.from(text).equals(bytes) ? text : run;
  });
}

function encode(text: string): string {
  return Array.from(
    Buffer.from(text),
    (byte) => MARK + byte.toString(16).toUpperCase().padStart(2, "0"),
  ).join("");
}
