import {
  decodeHeaderValue,
  encodeHeaderValue,
  percentDecode,
  percentEncode,
} from "../../http/header_value.ts";

/** What stands before the names of user metadata in headers. */
export const METADATA_PREFIX = "x-amz-meta-";
const PLAIN_KEY_BYTE = /[a-z0-9-]/;

/** User metadata as S3 can carry it: in the names and values of HTTP headers, which ignore letter case, lose spaces at the ends and
 *  know nothing but ASCII.
 *
 *  Lower-case names and plain ASCII values go as they are; in any other name each odd byte becomes `%xx`, and any other value
 *  becomes `utf-8''` and its percent-encoding (as in RFC 8187). {@link decodeMetadata} gives back exactly what went in. */
export function encodeMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      percentEncode(key, PLAIN_KEY_BYTE),
      encodeHeaderValue(value),
    ]),
  );
}

/** The inverse of {@link encodeMetadata}. What others have written and cannot be decoded is left as it is. */
export function decodeMetadata(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [percentDecode(key), decodeHeaderValue(value)]),
  );
}
