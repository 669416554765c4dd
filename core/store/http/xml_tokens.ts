/** What an XML text consists of. */
export interface XmlEvents {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  /** Text between tags, its references resolved; of one element it may come in several pieces. */
  text(text: string): void;
  close(name: string): void;
}

/** Cuts an XML text that comes in pieces. */
export interface XmlTokens {
  /** Reads as far as whole tags go. Throws {@link MalformedXml}. */
  push(piece: string): void;
  /** To be called at the end: throws {@link MalformedXml} unless the text is complete. */
  end(): void;
  /** Characters that wait for the rest of what they belong to. */
  readonly heldLength: number;
}

/** The text is not well-formed. */
export class MalformedXml extends Error {
  override readonly name = "MalformedXml";
}

/** What there is of the text may be well-formed, but it ends before its root element does. */
export class IncompleteXml extends MalformedXml {}

const NAME = String.raw`[A-Za-z_:\u0080-\uffff][-.\w:\u0080-\uffff]*`;
const WHOLE_NAME = new RegExp(`^${NAME}$`);
const ATTRIBUTE = new RegExp(String.raw`\s+(${NAME})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')`, "y");
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6});|#(\d{1,7});|(lt|gt|amp|quot|apos);)?/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
/** Controls but for tabulator and ends of lines. */
const REFUSED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const NO_ATTRIBUTES: Readonly<Record<string, string>> = {};

/** Makes a reader of XML 1.0 for what servers answer: elements, attributes, text, CDATA; comments and instructions are passed over. A document type is
 *  refused, and so nothing can declare entities. References to control characters, which XML 1.0 has no way to write, are understood: some
 *  servers send them. Several times as quick as a parser that looks at each character, since it searches for the next tag. */
export function xmlTokens(events: XmlEvents): XmlTokens {
  const open: string[] = [];
  let held = "";
  let hasRoot = false;
  const passText = (raw: string) => {
    if (open.length > 0) return events.text(raw.includes("&") ? resolve(raw) : raw);
    if (/\S/.test(raw)) throw new MalformedXml("text outside of the root");
  };
  const passTag = (tag: string) => {
    if (tag.charCodeAt(0) === SLASH) {
      const name = tag.slice(1).trimEnd();
      if (open.pop() !== name) throw new MalformedXml("an end that has no beginning");
      return events.close(name);
    }
    const isEmpty = tag.endsWith("/");
    const inner = isEmpty ? tag.slice(0, -1) : tag;
    const nameEnd = inner.search(/\s/);
    const name = nameEnd < 0 ? inner : inner.slice(0, nameEnd);
    if (!WHOLE_NAME.test(name)) throw new MalformedXml("a tag without a name");
    if (open.length === 0 && hasRoot) throw new MalformedXml("two roots");
    hasRoot = true;
    events.open(name, nameEnd < 0 ? NO_ATTRIBUTES : attributesOf(inner, nameEnd));
    if (isEmpty) events.close(name);
    else open.push(name);
  };
  return {
    push(piece) {
      if (REFUSED.test(piece)) throw new MalformedXml("a character that no XML holds");
      const text = held === "" ? piece : held + piece;
      let at = 0;
      for (;;) {
        const start = text.indexOf("<", at);
        if (start < 0) break;
        const end = endOfMarkup(text, start);
        if (end < 0) break;
        if (start > at) passText(text.slice(at, start));
        const kind = text.charCodeAt(start + 1);
        if (kind === EXCLAMATION) {
          if (text.startsWith("<![CDATA[", start)) {
            if (open.length === 0) throw new MalformedXml("text outside of the root");
            events.text(text.slice(start + 9, end - 3));
          }
        } else if (kind !== QUESTION) passTag(text.slice(start + 1, end - 1));
        at = end;
      }
      held = text.slice(at);
    },
    end() {
      if (open.length > 0 || /^\s*</.test(held)) throw new IncompleteXml("the text is not complete");
      if (!hasRoot || /\S/.test(held)) throw new MalformedXml("there is text that is no element's");
    },
    get heldLength() {
      return held.length;
    },
  };
}

const SLASH = 0x2f;
const EXCLAMATION = 0x21;
const QUESTION = 0x3f;

/** Where the tag, comment, instruction or CDATA that begins at `start` is over; -1 when that has not come yet. */
function endOfMarkup(text: string, start: number): number {
  const after = (what: string, from: number) => {
    const at = text.indexOf(what, from);
    return at < 0 ? -1 : at + what.length;
  };
  switch (text.charCodeAt(start + 1)) {
    case QUESTION:
      return after("?>", start + 2);
    case EXCLAMATION: {
      if (text.startsWith("<!--", start)) return after("-->", start + 4);
      if (text.startsWith("<![CDATA[", start)) return after("]]>", start + 9);
      const rest = text.slice(start, start + 9);
      if ("<![CDATA[".startsWith(rest) || "<!--".startsWith(rest)) return -1;
      throw new MalformedXml("a document type");
    }
    default: {
      let end = text.indexOf(">", start);
      // One in an attribute is not the end.
      for (let from = start; end >= 0; ) {
        const quote = nextQuote(text, { from, to: end });
        if (quote < 0) return end + 1;
        const closing = text.indexOf(text.charAt(quote), quote + 1);
        if (closing < 0) return -1;
        from = closing + 1;
        if (from > end) end = text.indexOf(">", from);
      }
      return -1;
    }
  }
}

function nextQuote(text: string, { from, to }: { readonly from: number; readonly to: number }): number {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x27) return at;
  }
  return -1;
}

function attributesOf(tag: string, from: number): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = Object.create(null);
  ATTRIBUTE.lastIndex = from;
  let read = from;
  for (let match = ATTRIBUTE.exec(tag); match !== null; match = ATTRIBUTE.exec(tag)) {
    const [, name = "", double, single = ""] = match;
    if (name in attributes) throw new MalformedXml("an attribute that comes twice");
    attributes[name] = resolve((double ?? single).replace(/[\t\r\n]/g, " "));
    read = ATTRIBUTE.lastIndex;
  }
  if (/\S/.test(tag.slice(read))) throw new MalformedXml("a tag that is none");
  return attributes;
}

function resolve(text: string): string {
  return text.replace(REFERENCE, (_, hexadecimal?: string, decimal?: string, entity?: string) => {
    if (entity !== undefined) return ENTITIES[entity] ?? "";
    const code =
      hexadecimal === undefined ? Number.parseInt(decimal ?? "", 10) : Number.parseInt(hexadecimal, 16);
    const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    if (!isCharacter) throw new MalformedXml("a reference to nothing");
    return String.fromCodePoint(code);
  });
}
