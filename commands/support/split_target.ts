import { JcsError } from "../../core/errors.ts";

/** The arguments of a command whose last one is where to: the others, and it. Throws `Usage` when there is only one. */
export function splitTarget(
  words: readonly string[],
  target: string,
): { readonly sources: readonly string[]; readonly target: string } {
  const last = words.at(-1);
  if (last === undefined || words.length < 2)
    throw new JcsError(
      "Usage",
      `missing required argument "${target}": only ${JSON.stringify(last ?? "")} is given`,
    );
  return { sources: words.slice(0, -1), target: last };
}
