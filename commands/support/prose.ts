/** Joins the lines of each paragraph, so that help wraps them to its own width. Paragraphs are parted by an empty line; a line that starts
 *  with two spaces stays a line of its own. */
export function prose(text: string): string {
  return text.trim().replace(/\n(?!\n| {2})(?<!\n\n)/g, " ");
}
