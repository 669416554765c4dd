import { giveBack } from "../../../ioswitch/buffer_pool.ts";
import type { ByteStream } from "../../bytes/byte_stream.ts";
import { noteGarbage } from "../../bytes/garbage.ts";

/** About how much garbage reading leaves, to the bytes read. */
const GARBAGE_FACTOR = 8;
/** Longest text of one item. */
const ITEM_CHARACTERS_MAX = 1024 * 1024;

/** The objects in the one array of a JSON object (`{"list": [{…}, {…}]}`), each as soon as it has come, so that only one is in memory.
 *
 *  Throws a `SyntaxError` for what is no such text, also when it ends too early. */
export async function* jsonItems(bytes: ByteStream): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let item = "";
  let depth = 0;
  let inText = false;
  let escaped = false;
  let begun = false;
  for await (const chunk of bytes) {
    const text = decoder.decode(new Uint8Array(chunk), { stream: true });
    noteGarbage(GARBAGE_FACTOR * chunk.length);
    giveBack(chunk);
    let start = 0;
    for (let index = 0; index < text.length; index++) {
      const character = text[index];
      if (inText) {
        if (escaped) escaped = false;
        else if (character === "\\") escaped = true;
        else if (character === '"') inText = false;
      } else if (character === '"') inText = true;
      // Some programs say null for an empty list.
      else if (character === "n" && depth === 1) begun = true;
      else if (character === "{" || character === "[") {
        depth += 1;
        begun ||= depth === 2 && character === "[";
        if (depth === 3) {
          item = "";
          start = index;
        }
      } else if (character === "}" || character === "]") {
        depth -= 1;
        if (depth === 2) {
          yield JSON.parse(item + text.slice(start, index + 1));
          item = "";
          start = index + 1;
        }
      }
    }
    if (depth >= 3) item += text.slice(start);
    if (item.length > ITEM_CHARACTERS_MAX) throw new SyntaxError("an item is too long");
  }
  if (depth !== 0 || !begun) throw new SyntaxError("there is no list, or it ends too early");
}
