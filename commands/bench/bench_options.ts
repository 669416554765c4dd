import { JcsError } from "../../core/errors.ts";

/** Makes the reader of an option that takes several values, separated by commas. */
export function parseList<Value>(parse: (text: string) => Value): (text: string) => Value[] {
  return (text) => text.split(",").map((part) => parse(part.trim()));
}

/** Makes the reader of one of several words. Throws `Usage` for any other. */
export function parseWord<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    throw new JcsError("Usage", `Cannot measure ${JSON.stringify(text)}: write ${words.join(", ")}`);
  };
}

/** Makes the reader of a whole number within bounds. Throws `Usage` for anything else. */
export function parseCount(
  option: string,
  bounds: { readonly min: number; readonly max: number },
): (text: string) => number {
  const { min, max } = bounds;
  return (text) => {
    const count = text === "" ? Number.NaN : Number(text);
    if (Number.isSafeInteger(count) && count >= min && count <= max) return count;
    throw new JcsError(
      "Usage",
      `Cannot use ${JSON.stringify(text)} for ${option}: write a number from ${min} to ${max}`,
    );
  };
}

/** Reads a number of seconds, up to an hour. Throws `Usage` for anything else. */
export function parseSeconds(text: string): number {
  const seconds = text === "" ? Number.NaN : Number(text);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new JcsError(
    "Usage",
    `Cannot use ${JSON.stringify(text)} for --seconds: write a number, for example 0.5`,
  );
}
