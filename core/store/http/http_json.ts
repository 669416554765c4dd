import type { StoreInfo } from "../store.ts";
import { storeError } from "../store_error.ts";
import type { HttpAnswer } from "./http_client.ts";
import type { HttpCall } from "./http_error.ts";
import { answerText } from "./http_read.ts";

/** Longest JSON that is read into memory unless said otherwise. */
const JSON_BYTES_MAX = 16 * 1024 * 1024;
const WORDS_CHARACTERS_MAX = 300;

/** A JSON object of another program: nothing is known about it. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** The body of an answer as a JSON object, empty for no body; `Unexpected` for anything else. */
export async function answerJson(
  info: StoreInfo,
  call: HttpCall,
  source: { readonly answer: HttpAnswer; readonly bytesMax?: number },
): Promise<JsonRecord> {
  const { answer, bytesMax = JSON_BYTES_MAX } = source;
  const value = parseJson(await answerText(info, call, { answer, bytesMax }));
  if (value !== undefined) return value;
  const { signal: _, ...place } = call;
  const state = `status ${answer.status}, and the answer is not the JSON that the service should send`;
  throw storeError(info, { ...place, kind: "Unexpected", state });
}

/** The JSON object in `text`; empty for an empty text, `undefined` for anything else. */
export function parseJson(text: string): JsonRecord | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as JsonRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** `value` when it is an object, otherwise an empty one. */
export function asRecord(value: unknown): JsonRecord {
  return typeof value === "object" && value !== null ? (value as JsonRecord) : {};
}

/** The words of another program as the end of a message: on one line, not long, without a full stop, and without what may be secret in
 *  addresses: user, password and query. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s"'@]*@/gi, "$1")
    .replace(/(\bhttps?:\/\/[^\s"'?]*)\?[^\s"']*/gi, "$1")
    .trim()
    .replace(/\.$/, "")
    .slice(0, WORDS_CHARACTERS_MAX);
}
