import fc from "fast-check";
import { SaxesParser } from "saxes";
import { expect, test } from "vitest";
import { MalformedXml, xmlTokens } from "../../../../core/store/http/xml_tokens.ts";

type Event =
  | readonly ["open", string, Readonly<Record<string, string>>]
  | readonly ["text" | "close", string];

/** What a text consists of, pieces of text joined; `undefined` when it is refused. */
function ownEvents(text: string, pieceLength: number): Event[] | undefined {
  const events: Event[] = [];
  const tokens = xmlTokens({
    open: (name, attributes) => events.push(["open", name, { ...attributes }]),
    text: (piece) => addText(events, piece),
    close: (name) => events.push(["close", name]),
  });
  try {
    for (let at = 0; at < text.length; at += pieceLength) tokens.push(text.slice(at, at + pieceLength));
    tokens.end();
  } catch (error) {
    if (error instanceof MalformedXml) return undefined;
    throw error;
  }
  return events;
}

/** The same from another parser, which knows all of XML. */
function saxesEvents(text: string): Event[] | undefined {
  const events: Event[] = [];
  const parser = new SaxesParser();
  let depth = 0;
  let failed = false;
  parser.on("opentag", ({ name, attributes }) => {
    depth += 1;
    events.push(["open", name, { ...attributes }]);
  });
  parser.on("text", (piece) => {
    if (depth > 0) addText(events, piece);
  });
  parser.on("cdata", (piece) => addText(events, piece));
  parser.on("closetag", ({ name }) => {
    depth -= 1;
    events.push(["close", name]);
  });
  parser.on("error", () => {
    failed = true;
  });
  try {
    parser.write(text).close();
  } catch {
    failed = true;
  }
  return failed ? undefined : events;
}

function addText(events: Event[], piece: string): void {
  const last = events.at(-1);
  if (last?.[0] === "text") events[events.length - 1] = ["text", last[1] + piece];
  else if (piece !== "") events.push(["text", piece]);
}

const name = fc.constantFrom("a", "b", "D:c", "Key", "x-1");
const attribute = fc
  .tuple(name, fc.constantFrom('"v"', "'it > \"'", '""', '"&lt;&#65;"', "'a\tb'"))
  .map(([key, value]) => `${key}=${value}`);
const leaf = fc.constantFrom(
  "text",
  " ",
  "é&amp;&#x41;&#10;",
  "<![CDATA[<a> ]] & ]]>",
  "<!-- a <b> & -->",
  "<?go on?>",
  "日本",
);
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  content: fc
    .array(fc.oneof({ depthSize: "small" }, leaf, tie("element")), { maxLength: 4 })
    .map((all) => all.join("")),
  element: fc
    .tuple(name, fc.array(attribute, { maxLength: 2 }), tie("content"), fc.boolean())
    .map(([tag, attributes, content, isEmpty]) => {
      const head = [tag, ...attributes].join(" ");
      return isEmpty && content === "" ? `<${head}/>` : `<${head}>${content}</${tag} >`;
    }),
}));

test("finds in XML what a full parser finds, however it is cut", () => {
  fc.assert(
    fc.property(element, fc.boolean(), fc.integer({ min: 1, max: 40 }), (root, declares, pieceLength) => {
      const text = `${declares ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ""}${root}\n<!-- end -->`;
      expect(ownEvents(text, pieceLength)).toEqual(saxesEvents(text));
    }),
    { numRuns: 500 },
  );
});

test("reads what a change left well-formed as a full parser does, and refuses none of it", () => {
  const piece = fc.constantFrom("<", ">", "/", "&", '"', "'", "a", " ", "]]>", "<!", "<?", "=", "\u0001");
  fc.assert(
    fc.property(element, fc.nat(), fc.nat(3), piece, (root, at, cut, inserted) => {
      const from = at % (root.length + 1);
      const text = root.slice(0, from) + inserted + root.slice(from + cut);
      const own = ownEvents(text, 16);
      const reference = saxesEvents(text);
      if (reference !== undefined) expect(own).toEqual(reference);
    }),
    { numRuns: 2000 },
  );
});
