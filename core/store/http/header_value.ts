const PLAIN_VALUE = /^(?!utf-8''|=\?)(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;
const MARK = "utf-8''";

/** Any text as the value of an HTTP header, which loses spaces at the ends and knows nothing but ASCII: plain values go as they are, any other
 *  becomes `utf-8''` and its percent-encoding (as in RFC 8187). No text can end the header. */
export function encodeHeaderValue(value: string): string {
  return PLAIN_VALUE.test(value) ? value : MARK + percentEncode(value, /[A-Za-z0-9._~-]/);
}

/** The inverse of {@link encodeHeaderValue}. What others have written and cannot be decoded is left as it is. */
export function decodeHeaderValue(value: string): string {
  return value.startsWith(MARK) ? percentDecode(value.slice(MARK.length)) : value;
}

/** `text` with `%xx` for each byte of its UTF-8 that `plain` does not match. */
export function percentEncode(text: string, plain: RegExp): string {
  let encoded = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    encoded += plain.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return encoded;
}

/** `text` with what its `%xx` stand for; itself where they stand for no text. */
export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
