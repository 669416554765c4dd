import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { noteGarbage } from "../../bytes/garbage.ts";
import { IncompleteXml, MalformedXml, xmlTokens } from "./xml_tokens.ts";

/** Most bytes of one element that is handed out, or between two tags. */
const RECORD_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 64;
/** About how much garbage reading leaves, to the bytes read. */
const GARBAGE_FACTOR = 8;
/** Bytes that are read before what they hold is handed out. */
const FEED_BYTES = 32 * 1024;

/** One element with what is in it. */
export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The text right in it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Makes the failure of an answer. `more`: it came short, as far as can be told, and another try may bring all of it. */
export type XmlError = (state: string, more?: { readonly retry: "later" }) => Error;

/** Hands out every element named one of `names` (without namespace prefix) of an XML text while it comes, in its order; elements inside of one
 *  that is handed out come only as its children.
 *
 *  Memory does not grow with the text. Throws what `error` makes of what is wrong: XML that is not well-formed or not complete, text that is
 *  no UTF-8, an element of more than 1 MiB. Declares no entities, follows no references. The stream is let go in any case. */
export async function* readXml(
  stream: ByteStream,
  options: { readonly names: readonly string[]; readonly error: XmlError },
): AsyncIterable<XmlElement> {
  const wanted = new Set(options.names);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const ready: XmlElement[] = [];
  const open: OpenElement[] = [];
  let depth = 0;
  let written = 0;
  let recordStart = 0;
  const tokens = xmlTokens({
    open(tag, attributes) {
      depth += 1;
      if (depth > DEPTH_MAX) throw options.error("the answer is XML nested too deep");
      const name = localName(tag);
      if (open.length === 0 && !wanted.has(name)) return;
      if (open.length === 0) recordStart = written;
      const element: OpenElement = { name, attributes, text: "", children: [] };
      open.at(-1)?.children.push(element);
      open.push(element);
    },
    text(text) {
      const element = open.at(-1);
      if (element !== undefined) element.text += text;
    },
    close() {
      depth -= 1;
      const element = open.pop();
      if (element !== undefined && open.length === 0) ready.push(element);
    },
  });
  // Not every answer says how long it is.
  const breaksOff = () => options.error("the answer breaks off", { retry: "later" });
  const checked = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (error instanceof IncompleteXml) throw breaksOff();
      throw error instanceof MalformedXml ? options.error("the answer is not well-formed XML") : error;
    }
  };
  const feed = (text: string) => {
    checked(() => tokens.push(text));
    written += text.length;
    const held = open.length > 0 ? written - recordStart : tokens.heldLength;
    if (held > RECORD_BYTES_MAX) throw options.error("the answer holds an element that is too long");
  };
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; at += FEED_BYTES) {
      feed(decode(decoder, chunk.subarray(at, at + FEED_BYTES), options.error));
      noteGarbage(GARBAGE_FACTOR * Math.min(FEED_BYTES, chunk.length - at));
      yield* ready.splice(0);
    }
    giveBack(chunk);
  }
  feed(decode(decoder, undefined, breaksOff));
  checked(() => tokens.end());
  yield* ready;
}

/** The first child of this name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text of the first child of this name, if it has any. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text;
  return text === "" ? undefined : text;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
  readonly children: XmlElement[];
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined, error: XmlError): string {
  try {
    // The decoder takes no views of shared memory.
    if (chunk === undefined) return decoder.decode();
    return decoder.decode(chunk.buffer instanceof ArrayBuffer ? chunk : new Uint8Array(chunk), {
      stream: true,
    });
  } catch {
    throw error("the answer is not UTF-8");
  }
}
