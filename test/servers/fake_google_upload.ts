import type { IncomingMessage } from "node:http";
import { Refusal, type Reply } from "./fake_google_auth.ts";

const UNIT_BYTES = 256 * 1024;

/** Takes a body of type `multipart/related` apart, which is a description in JSON and the bytes. Refuses what is damaged. */
export function relatedParts(
  incoming: IncomingMessage,
  body: Buffer,
): { readonly described: Record<string, unknown>; readonly bytes: Buffer } {
  const boundary = /^multipart\/related; boundary=(\S+)$/.exec(incoming.headers["content-type"] ?? "")?.[1];
  if (boundary === undefined) throw new Refusal(400, "badContent", "no boundary");
  const start = body.indexOf("\r\n\r\n") + 4;
  const middle = body.indexOf(`\r\n--${boundary}\r\n`, start);
  const data = body.indexOf("\r\n\r\n", middle + boundary.length + 4) + 4;
  const end = body.length - `\r\n--${boundary}--\r\n`.length;
  const isWhole = body.subarray(end).toString() === `\r\n--${boundary}--\r\n`;
  const begins = body.subarray(0, boundary.length + 2).equals(Buffer.from(`--${boundary}`));
  if (!begins || middle < start || data < middle || !isWhole) {
    throw new Refusal(400, "badContent", "the parts are damaged");
  }
  return { described: JSON.parse(body.toString("utf8", start, middle)), bytes: body.subarray(data, end) };
}

/** Takes one request of a resumable upload in; whether the object is complete now. Refuses gaps, wrong lengths, and parts before the last one that are no multiple of 256 KiB. */
export function receivePart(
  session: { bytes: Buffer },
  { incoming, body }: { readonly incoming: IncomingMessage; readonly body: Buffer },
): boolean {
  const range = /^bytes (?:\*|(\d+)-(\d+))\/(\*|\d+)$/.exec(incoming.headers["content-range"] ?? "");
  if (range === null) throw new Refusal(400, "invalid", "bad Content-Range");
  const [, first, last, total] = range;
  if (first !== undefined) {
    if (Number(last) - Number(first) + 1 !== body.length)
      throw new Refusal(400, "invalid", "the range has another length");
    if (Number(first) > session.bytes.length) throw new Refusal(503, "backendError", "a part is missing");
    if (total === "*" && body.length % UNIT_BYTES !== 0)
      throw new Refusal(400, "invalid", "no multiple of 256 KiB");
    session.bytes = Buffer.concat([session.bytes, body.subarray(session.bytes.length - Number(first))]);
  }
  return total !== "*" && session.bytes.length === Number(total);
}

/** The answer that says how far an upload has got. */
export function resumeReply({ bytes }: { readonly bytes: Buffer }): Reply {
  return { status: 308, headers: bytes.length === 0 ? {} : { range: `bytes=0-${bytes.length - 1}` } };
}

/** The bytes of an object, or the range of them that is asked for. */
export function mediaReply(
  bytes: Buffer,
  options: { readonly range: string | undefined; readonly headers: Record<string, string> },
): Reply {
  const { range, headers } = options;
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (match === null)
    return { status: 200, headers: { ...headers, "content-length": String(bytes.length) }, body: bytes };
  const first = Number(match[1]);
  const last = Math.min(bytes.length - 1, match[2] === "" ? Number.POSITIVE_INFINITY : Number(match[2]));
  if (first >= bytes.length) return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  const part = bytes.subarray(first, last + 1);
  const place = {
    "content-range": `bytes ${first}-${last}/${bytes.length}`,
    "content-length": String(part.length),
  };
  return { status: 206, headers: { ...headers, ...place }, body: part };
}
