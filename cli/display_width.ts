/** East Asian wide and full-width characters and emoji: two columns. Source: Unicode Standard Annex #11. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Combining marks and invisible format characters: no column of their own. */
const ZERO = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}]/u;
const PLAIN = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** How many columns of a terminal `text` takes. Requires text without escape sequences. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const segment of graphemes(text)) {
    if (ZERO.test(segment)) continue;
    columns += WIDE.test(segment) || segment.includes("\ufe0f") ? 2 : 1;
  }
  return columns;
}

/** `text` filled with spaces to `columns`; longer text stays as it is. */
export function padDisplay(text: string, columns: number, align: "left" | "right" = "left"): string {
  const fill = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return align === "right" ? fill + text : text + fill;
}

/** `text` cut to `columns`, with an ellipsis in its middle, so that both ends of a path stay readable. */
export function truncateDisplay(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return "";
  const parts = graphemes(text);
  const headColumns = Math.ceil((columns - 1) / 2);
  const head = take(parts, headColumns);
  const tail = take(parts.reverse(), columns - 1 - headColumns).reverse();
  return `${head.join("")}…${tail.join("")}`;
}

function take(parts: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let rest = columns;
  for (const part of parts) {
    rest -= displayWidth(part);
    if (rest < 0) break;
    taken.push(part);
  }
  return taken;
}
