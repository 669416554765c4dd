import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerParser, MalformedAnswer } from "../../../../core/store/http/answer_parser.ts";

/** Feeds an answer in pieces and tells what came of it. */
function parse(pieces: readonly (string | Uint8Array)[], options: { readonly isHead?: boolean } = {}) {
  const seen = {
    statuses: [] as number[],
    headers: {},
    body: "",
    done: undefined as boolean | undefined,
    trailers: {},
  };
  const parser = answerParser(
    { isHead: options.isHead ?? false },
    {
      head({ status, headers }) {
        seen.statuses.push(status);
        seen.headers = headers;
      },
      body(chunk) {
        expect(chunk.length).toBeGreaterThan(0);
        seen.body += Buffer.from(chunk).toString("latin1");
      },
      done(isReusable, trailers) {
        expect(seen.done).toBe(undefined);
        seen.trailers = trailers;
        seen.done = isReusable;
      },
    },
  );
  for (const piece of pieces) parser.push(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
  return { seen, end: () => parser.end() };
}

const OK = "HTTP/1.1 200 OK\r\n";

/** Answers with a body, in every way to say how long it is, and what they say. */
const WHOLE = fc
  .record({
    body: fc.string({ minLength: 1, maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, ".")),
    sizes: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 5 }),
    isChunked: fc.boolean(),
    interim: fc.boolean(),
    extension: fc.constantFrom("", ";a", " ;a=b", ';a="b c"'),
    trailer: fc.constantFrom("", "X-Trailer: y\r\n"),
  })
  .map(({ body, sizes, isChunked, interim, extension, trailer }) => {
    const first = interim ? "HTTP/1.1 100 Continue\r\n\r\n" : "";
    if (!isChunked) return { body, text: `${first}${OK}Content-Length: ${body.length}\r\n\r\n${body}` };
    let text = `${first}${OK}Transfer-Encoding: chunked\r\n\r\n`;
    let rest = body;
    for (const size of [...sizes, body.length]) {
      const piece = rest.slice(0, size);
      rest = rest.slice(size);
      if (piece !== "") text += `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`;
    }
    return { body, text: `${text}0\r\n${trailer}\r\n` };
  });

test("any answer, cut anywhere, is what it is; any part of it is not complete", () => {
  fc.assert(
    fc.property(WHOLE, fc.array(fc.nat(), { maxLength: 8 }), fc.nat(), ({ body, text }, places, end) => {
      const bytes = Buffer.from(text, "latin1");
      const cuts = [
        0,
        ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b),
        bytes.length,
      ];
      const pieces = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
      expect(parse(pieces).seen).toMatchObject({ body, done: true });
      const part = parse([bytes.subarray(0, end % bytes.length)]);
      part.end();
      expect(part.seen.done).toBe(undefined);
      expect(body.startsWith(part.seen.body)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a damaged frame never makes a complete answer of other bytes that is taken for a good one", () => {
  fc.assert(
    fc.property(WHOLE, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ body, text }, place, change) => {
      const bytes = Buffer.from(text, "latin1");
      // What is damaged inside the body is for checksums to find.
      const frame = [...bytes.keys()].filter((at) => partAt(text, at) !== "payload");
      const at = frame[place % frame.length] ?? 0;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      // A length that became another may happen to end where some chunk does: nobody could tell.
      fc.pre(partAt(text, at) !== "size" || !/[\da-f]/i.test(String.fromCharCode(bytes[at] ?? 0)));
      let seen: ReturnType<typeof parse>["seen"];
      try {
        seen = parse([bytes]).seen;
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedAnswer);
        return;
      }
      // A shorter body may be complete, but then there was more on the line: nobody else gets it.
      if (seen.done === true && seen.statuses[0] === 200) expect(seen.body).toBe(body);
    }),
    { numRuns: 2000 },
  );
});

/** What the byte of an answer of {@link WHOLE} belongs to: its payload, the lengths of its chunks, or what is around them. */
function partAt(text: string, at: number): "payload" | "size" | "frame" {
  const start = text.indexOf("\r\n\r\n", text.indexOf(OK)) + 4;
  if (at < start) return "frame";
  if (!text.includes("chunked")) return "payload";
  for (let next = start; ; ) {
    const line = text.indexOf("\r\n", next) + 2;
    const size = Number.parseInt(text.slice(next), 16);
    if (at >= next && at < next + size.toString(16).length) return "size";
    if (size === 0 || at < line) return "frame";
    if (at < line + size) return "payload";
    next = line + size + 2;
  }
}

describe("answers", () => {
  test.each([
    ["sized", `${OK}Content-Length: 5\r\n\r\nhello`, { body: "hello", done: true }],
    ["empty", `${OK}content-length: 0\r\n\r\n`, { body: "", done: true }],
    ["without content", "HTTP/1.1 204 No Content\r\n\r\n", { statuses: [204], done: true }],
    ["without a reason", "HTTP/1.1 304\r\nContent-Length: 9\r\n\r\n", { statuses: [304], done: true }],
    ["closing", `${OK}Content-Length: 1\r\nConnection: Close\r\n\r\nx`, { body: "x", done: false }],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", { body: "x", done: false }],
    [
      "in chunks",
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;name=value\r\n0123456789\r\n0\r\nX: y\r\n\r\n`,
      { body: "hello0123456789", done: true, trailers: { x: "y" } },
    ],
    [
      "with two lengths of which chunks count",
      `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
      { body: "x", done: false },
    ],
    [
      "after interim ones",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`,
      { statuses: [200], body: "x", done: true },
    ],
    [
      "of HTTP/1.0 in chunks",
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      { body: "x", done: false },
    ],
    ["with more after it", `${OK}Content-Length: 1\r\n\r\nxHTTP`, { body: "x", done: false }],
  ])("%s, however they are cut", (_name, text, expected) => {
    expect(parse([text]).seen).toMatchObject(expected);
    if (expected.done !== true) return;
    const bytes = Buffer.from(text, "latin1");
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: bytes.length }), (places) => {
        const cuts = [0, ...places.toSorted((left, right) => left - right), bytes.length];
        const pieces = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
        expect(parse(pieces).seen).toMatchObject(expected);
      }),
    );
  });

  test("to HEAD have no body, whatever they say", () => {
    expect(parse([`${OK}Content-Length: 7\r\n\r\n`], { isHead: true }).seen).toMatchObject({ done: true });
  });

  test("without a length end with the connection, others do not", () => {
    const endless = parse([`${OK}\r\nsome `, "bytes"]);
    expect(endless.seen).toMatchObject({ body: "some bytes", done: undefined });
    endless.end();
    expect(endless.seen.done).toBe(false);
    const short = parse([`${OK}Content-Length: 9\r\n\r\nxx`]);
    short.end();
    expect(short.seen.done).toBe(undefined);
  });

  test("name headers in lower case, trim them and join those that come twice", () => {
    const { seen } = parse([
      `${OK}ETag:  "a" \r\nVary: a\r\nVARY:b\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n`,
    ]);
    expect(seen.headers).toEqual({ etag: '"a"', vary: "a, b", "x-empty": "", "content-length": "0" });
  });

  test.each([
    "SSH-2.0-OpenSSH_9.2\r\n",
    "<html>\r\n\r\n",
    "HTTP/2 200\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`,
    `${OK}Content-Length: -5\r\n\r\n`,
    `${OK}Content-Length: 5, 5\r\n\r\n`,
    `${OK}Content-Length: 99999999999999999\r\n\r\n`,
    `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    `${OK}Folded: a\r\n b\r\n\r\n`,
    `${OK}No colon\r\n\r\n`,
    `${OK}Bad name : x\r\n\r\n`,
    `${OK}X: a\nY: b\r\n\r\n`,
    `${OK}X: ${"x".repeat(70_000)}`,
    `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nab\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n1;a\rb\r\nx\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n${"0".repeat(9000)}`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${"X: y\r\n".repeat(20_000)}`,
  ])("that are none are refused: %j", (text) => {
    expect(() => parse([text])).toThrow(MalformedAnswer);
  });
});
