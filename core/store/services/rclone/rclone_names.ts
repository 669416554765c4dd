/** Control characters, and the symbols that rclone takes for control characters or for its own quotation mark. */
const ENCODED = /[\u0001-\u001f\u007f\u201b\u2400-\u2421\u2426]/g;

/** The name that a path has on rclone's side: control characters (which rclone's HTTP server or the XML of a backend cannot carry), and the symbols that
 *  rclone would read as such, become U+2426 and the character's code in four hexadecimal digits. U+2426 itself is encoded too. */
export function toRcloneName(path: string): string {
  return path.replace(
    ENCODED,
    (character) => `\u2426${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The path of a name, or `undefined` when {@link toRcloneName} makes no such name. */
export function fromRcloneName(name: string): string | undefined {
  const path = name.replace(/\u2426([0-9a-f]{4})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return toRcloneName(path) === name ? path : undefined;
}
