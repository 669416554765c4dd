/** The codes of what has a meaning of its own in a command or a line of a listing. */
const CODE = "(?:[01][0-9A-F]|20|25|2A|7F)";
const ESCAPE_OF_ESCAPE = new RegExp(`%(?=${CODE})`, "g");
const ESCAPES = /%([01][0-9A-F]|25|2A|7F)/g;

/** One name of a path as it is called on the server.
 *
 *  A command of FTP is a line, and servers trim lines and take patterns for names: control characters, `*`, and spaces at the beginning
 *  and the end of a name, become `%` and two hexadecimal digits. A `%` that would look like that becomes `%25`. Everything else stays as it is. */
export function encodeFtpName(name: string): string {
  return name
    .replace(ESCAPE_OF_ESCAPE, "%25")
    .replace(/[\0-\x1f\x7f*]/g, (character) => `%${hex(character)}`)
    .replace(/^ +| +$/g, (spaces) => "%20".repeat(spaces.length));
}

/** The name that {@link encodeFtpName} gave this name on the server. */
export function decodeFtpName(name: string): string {
  const spaces = /^((?:%20)*)(.*?)((?:%20)*)$/s.exec(name);
  const [, before = "", middle = "", after = ""] = spaces ?? [];
  const text = middle.replace(ESCAPES, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return " ".repeat(before.length / 3) + text + " ".repeat(after.length / 3);
}

/** As {@link encodeFtpName}, for all names of a path. */
export function encodeFtpPath(path: string): string {
  return path.split("/").map(encodeFtpName).join("/");
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}
