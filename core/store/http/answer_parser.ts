/** The first part of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; of a header that came twice the values are joined. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Told what an answer consists of, as it comes. */
export interface AnswerEvents {
  head(head: AnswerHead): void;
  /** A view of what was pushed, of at least one byte. */
  body(chunk: Uint8Array): void;
  /** The answer is complete. `isReusable` says that the connection may serve another request; `trailers` are headers that came after the body. */
  done(isReusable: boolean, trailers: AnswerHead["headers"]): void;
}

/** Takes the bytes of one answer of HTTP/1.1 (RFC 9112), however they are cut. */
export interface AnswerParser {
  /** Keeps no view of `bytes`. Throws {@link MalformedAnswer}. Bytes after the end of the answer are not looked at. */
  push(bytes: Uint8Array): void;
  /** To be called when the server ends the connection: that completes an answer whose head tells no length. */
  end(): void;
}

/** The server does not speak HTTP, or not so that it is safe to go on. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

const HEAD_BYTES_MAX = 64 * 1024;
const LINE_BYTES_MAX = 8 * 1024;
const EMPTY = Buffer.alloc(0);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Makes a parser for the answer to one request. Memory: the head, or one line. */
export function answerParser(options: { readonly isHead: boolean }, events: AnswerEvents): AnswerParser {
  let state: "head" | "sized" | "endless" | "size" | "chunk" | "chunk end" | "trailer" | "done" = "head";
  let held: Buffer = EMPTY;
  let leftBytes = 0;
  let trailerBytes = 0;
  const trailers: string[] = [];
  let isReusable = false;

  const finish = (rest: Buffer) => {
    state = "done";
    events.done(isReusable && rest.length === 0, parseHeaders(trailers));
  };
  const begin = (text: string, rest: Buffer) => {
    const { version, ...head } = parseHead(text);
    const { status, headers } = head;
    if (status === 101) throw new MalformedAnswer("the server changes the protocol");
    // Interim answers; the real one follows.
    if (status < 200) return;
    const connection = (headers["connection"] ?? "").toLowerCase().split(/\s*,\s*/);
    isReusable = version === 1 ? !connection.includes("close") : connection.includes("keep-alive");
    const coding = headers["transfer-encoding"];
    const length = headers["content-length"];
    const isEmpty = options.isHead || status === 204 || status === 304;
    if (!isEmpty && coding !== undefined) {
      // Who says two things of the length, or speaks of chunks in HTTP/1.0, is not asked again (RFC 9112, section 6.1).
      if (length !== undefined || version === 0) isReusable = false;
      if (coding.toLowerCase() !== "chunked") throw new MalformedAnswer("an unknown transfer encoding");
      state = "size";
    } else if (!isEmpty && length === undefined) {
      isReusable = false;
      state = "endless";
    } else {
      leftBytes = isEmpty ? 0 : lengthOf(length);
      state = "sized";
    }
    events.head(head);
    if (state === "sized" && leftBytes === 0) finish(rest);
  };
  /** Passes on what belongs to the body; gives the rest. */
  const pass = (bytes: Buffer): Buffer => {
    const count = Math.min(leftBytes, bytes.length);
    leftBytes -= count;
    events.body(bytes.subarray(0, count));
    return bytes.subarray(count);
  };
  return {
    push(bytes) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      let rest = held.length === 0 ? view : Buffer.concat([held, view]);
      held = EMPTY;
      /** The next line without its end; `undefined` when it is not complete. */
      const line = (): string | undefined => {
        const at = rest.indexOf("\n");
        if (at > LINE_BYTES_MAX || (at < 0 && rest.length > LINE_BYTES_MAX)) {
          throw new MalformedAnswer("a line is too long");
        }
        if (at < 0) return undefined;
        // A line feed alone would let a chunk that is one byte longer than it said pass for a whole one.
        if (rest[at - 1] !== 0x0d) throw new MalformedAnswer("a line does not end as it should");
        const text = rest.toString("latin1", 0, at - 1);
        rest = rest.subarray(at + 1);
        return text;
      };
      while (rest.length > 0 && state !== "done") {
        switch (state) {
          case "head": {
            const at = rest.indexOf("\r\n\r\n");
            if (at > HEAD_BYTES_MAX || (at < 0 && rest.length > HEAD_BYTES_MAX)) {
              throw new MalformedAnswer("the head is too long");
            }
            if (at < 0) {
              // So that who speaks something else is not waited for.
              if (!"HTTP/1.".startsWith(rest.toString("latin1", 0, Math.min(7, rest.length)))) {
                throw new MalformedAnswer("the answer is no HTTP");
              }
              held = Buffer.from(rest);
              return;
            }
            const text = rest.toString("latin1", 0, at);
            rest = rest.subarray(at + 4);
            begin(text, rest);
            break;
          }
          case "sized":
            rest = pass(rest);
            if (leftBytes === 0) finish(rest);
            break;
          case "endless":
            events.body(rest);
            return;
          case "chunk":
            rest = pass(rest);
            if (leftBytes === 0) state = "chunk end";
            break;
          case "size":
          case "chunk end":
          case "trailer": {
            const text = line();
            if (text === undefined) {
              held = Buffer.from(rest);
              return;
            }
            if (state === "chunk end") {
              if (text !== "") throw new MalformedAnswer("a chunk is longer than it said");
              state = "size";
            } else if (state === "size") {
              const size = /^([0-9a-f]{1,13})[ \t]*(?:;.*)?$/i.exec(text)?.[1];
              if (size === undefined) throw new MalformedAnswer("a chunk without a size");
              leftBytes = Number.parseInt(size, 16);
              state = leftBytes === 0 ? "trailer" : "chunk";
            } else if (text === "") finish(rest);
            else {
              trailerBytes += text.length;
              if (trailerBytes > HEAD_BYTES_MAX) throw new MalformedAnswer("the trailer is too long");
              trailers.push(text);
            }
          }
        }
      }
    },
    end() {
      if (state === "endless") finish(EMPTY);
    },
  };
}

function parseHead(text: string): AnswerHead & { readonly version: number } {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(first);
  if (status === null) throw new MalformedAnswer("the answer is no HTTP");
  return { version: Number(status[1]), status: Number(status[2]), headers: parseHeaders(lines) };
}

function parseHeaders(lines: readonly string[]): AnswerHead["headers"] {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(at, 0)).toLowerCase();
    if (!TOKEN.test(name)) throw new MalformedAnswer("a header has no name");
    const value = line.slice(at + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (/[\0\r\n]/.test(value)) throw new MalformedAnswer("a header holds what none may hold");
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = known === undefined ? value : joined(name, known, value);
  }
  return headers;
}

function joined(name: string, first: string, second: string): string {
  if (name !== "content-length") return `${first}, ${second}`;
  if (first !== second) throw new MalformedAnswer("the answer has two lengths");
  return first;
}

function lengthOf(header: string | undefined): number {
  if (header === undefined || !/^\d{1,15}$/.test(header))
    throw new MalformedAnswer("the length is no number");
  return Number(header);
}
