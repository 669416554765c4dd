import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteStream } from "../../../../core/bytes/byte_stream.ts";
import { childOf, readXml, textOf, type XmlElement } from "../../../../core/store/http/read_xml.ts";

const error = (state: string, more?: { readonly retry: "later" }) =>
  new Error(more === undefined ? state : `${state}, retry ${more.retry}`);

async function read(
  text: string | Uint8Array,
  names: readonly string[],
  pieceBytes = 7,
): Promise<XmlElement[]> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  async function* pieces(): ByteStream {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const found: XmlElement[] = [];
  for await (const element of readXml(pieces(), { names, error })) found.push(element);
  return found;
}

describe("reading XML", () => {
  test("hands out elements with what is in them, whatever their prefix", async () => {
    const text = `<?xml version="1.0"?><d:a xmlns:d="DAV:"><d:b c="1"><x:e xmlns:x="y">f &amp; ü&#65;<![CDATA[<g>]]></x:e></d:b><d:b/></d:a>`;
    const found = await read(text, ["b"]);
    expect(found).toHaveLength(2);
    expect(found[0]?.attributes["c"]).toBe("1");
    expect(textOf(found[0], "e")).toBe("f & üA<g>");
    expect(childOf(found[1], "e")).toBeUndefined();
    expect(textOf(found[1], "e")).toBeUndefined();
  });

  test("does not depend on where the text is cut", async () => {
    const text = `<a>${Array.from({ length: 20 }, (_, index) => `<b>é&lt;${index}</b>`).join("")}</a>`;
    const whole = await read(text, ["b"], 10_000);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (pieceBytes) => {
        expect(await read(text, ["b"], pieceBytes)).toEqual(whole);
      }),
    );
  });

  test("refuses what is no XML, or not all of it", async () => {
    for (const text of [
      "",
      "no XML",
      "<a><b></a>",
      "<a>&unknown;</a>",
      "<a></a><b/>",
      "<html><br></html>",
      "<a>\u0001</a>",
      "<a>&#0;</a>",
      "<a>&#xD800;</a>",
      "<a>& b</a>",
      "<a b></a>",
      "<a b=c></a>",
      "<a b='1' b='2'/>",
      "<a b='1'c='2'/>",
      "<a b='<'/>",
      "<a></b>",
      "<1a/>",
      "< a/>",
      "<a/>text",
      "<![CDATA[x]]><a/>",
    ]) {
      await expect(read(text, ["b"]), text).rejects.toThrow("the answer is not well-formed XML");
    }
    for (const text of [
      "<a>",
      "<a",
      "<a><b></b>",
      "<a><b></b></a",
      "<a><!-- --",
      "<a>&am",
      "<a></a><!-- x",
    ]) {
      await expect(read(text, ["b"]), text).rejects.toThrow("the answer breaks off, retry later");
    }
    await expect(read(Buffer.from("<a>ü").subarray(0, -1), ["b"])).rejects.toThrow("breaks off, retry later");
    await expect(read(Buffer.from("<a>\xff</a>", "latin1"), ["b"])).rejects.toThrow("not UTF-8");
  });

  test("understands comments, instructions, attributes with > in them, and references to what XML cannot write", async () => {
    const text = `<?x a>b?><!-- <b>no</b> - --><a><b c = "1>0" d='"&lt;&#x41;'>&#1;<!-- > --><![CDATA[]>]]]></b ></a ><!-- end -->`;
    for (const pieceBytes of [1, 2, 3, 1000]) {
      const [found] = await read(text, ["b"], pieceBytes);
      expect({ ...found?.attributes }).toEqual({ c: "1>0", d: '"<A' });
      expect(found?.text).toBe("\u0001]>]");
    }
  });

  test("declares no entities", async () => {
    const text = `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><b>&e;</b></a>`;
    await expect(read(text, ["b"])).rejects.toThrow("not well-formed");
  });

  test("has bounds for text, tags, elements and depth", async () => {
    const long = "x".repeat(2_000_000);
    for (const text of [
      `<a>${long}</a>`,
      `<a><b>${long}</b></a>`,
      `<a><b>${"<c>1</c>".repeat(250_000)}</b></a>`,
      `<a><b c="${long}"/></a>`,
      `<a><!--${long}--></a>`,
      `<${long}/>`,
    ]) {
      await expect(read(text, ["b"], 65_536)).rejects.toThrow("too long");
    }
    await expect(read("<a>".repeat(100), ["b"])).rejects.toThrow("too deep");
  });

  test("goes on for as long as the text does", async () => {
    let letGo = false;
    async function* endless(): ByteStream {
      try {
        yield Buffer.from("<a>");
        for (;;) yield Buffer.from("<b>1</b>".repeat(1000));
      } finally {
        letGo = true;
      }
    }
    let count = 0;
    for await (const _ of readXml(endless(), { names: ["b"], error })) if (++count === 500_000) break;
    expect(count).toBe(500_000);
    expect(letGo).toBe(true);
  });
});
