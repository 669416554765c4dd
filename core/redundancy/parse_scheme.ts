import { JcsError } from "../errors.ts";
import { BLOCKS_MAX, STRIP_CHUNK_BYTES_DEFAULT } from "../limits.ts";
import { codeNameFor } from "./code_name.ts";
import type { Scheme } from "./scheme.ts";

const FORMS = 'one of "none", "rep:3", "ec:4+2" or "auto"';

/** Reads a scheme as users write it: `none`, `rep:N`, `ec:K+M`, `auto`. Throws `Usage`, naming the text and the rule. */
export function parseScheme(text: string): Scheme {
  if (text === "none" || text === "auto") return { kind: text };
  const replicas = /^rep:(\d{1,4})$/.exec(text);
  if (replicas) {
    const count = Number(replicas[1]);
    if (count < 2 || count > BLOCKS_MAX) throw wrongScheme(text, `replicas must be 2 to ${BLOCKS_MAX}`);
    return { kind: "rep", count };
  }
  const erasure = /^ec:(\d{1,4})\+(\d{1,4})$/.exec(text);
  if (erasure) {
    const dataShards = Number(erasure[1]);
    const parityShards = Number(erasure[2]);
    if (dataShards < 1 || parityShards < 1) throw wrongScheme(text, "data and parity must be at least 1");
    if (dataShards + parityShards > BLOCKS_MAX)
      throw wrongScheme(text, `data and parity together must be at most ${BLOCKS_MAX}`);
    return {
      kind: "ec",
      dataShards,
      parityShards,
      chunkBytes: STRIP_CHUNK_BYTES_DEFAULT,
      code: codeNameFor(dataShards, parityShards),
    };
  }
  throw wrongScheme(text, `it must be ${FORMS}`);
}

/** The scheme as users write it; {@link parseScheme} reads it back, but for a chunk length that is not the default. */
export function formatScheme(scheme: Scheme): string {
  switch (scheme.kind) {
    case "none":
    case "auto":
      return scheme.kind;
    case "rep":
      return `rep:${scheme.count}`;
    case "ec":
      return `ec:${scheme.dataShards}+${scheme.parityShards}`;
  }
}

function wrongScheme(text: string, rule: string): JcsError {
  return new JcsError("Usage", `Cannot read redundancy scheme "${text}": ${rule}`);
}
