import type { JcsError } from "../../../errors.ts";
import type { HttpAnswer } from "../../http/http_client.ts";
import { answerError, type HttpCall, type Meaning } from "../../http/http_error.ts";
import { oneLine, parseJson } from "../../http/http_json.ts";
import type { StoreInfo } from "../../store.ts";

/** The error that an answer of status 300 and above stands for. `text` is its body. */
export function refusalError(
  info: StoreInfo,
  call: HttpCall,
  refusal: Pick<HttpAnswer, "status" | "headers"> & { readonly text: string },
): JcsError {
  const { status, text } = refusal;
  const message = parseJson(text)?.["Message"];
  if (typeof message === "string" && status >= 500)
    return wordsError(info, call, { ...refusal, words: message });
  if (status !== 404 && status !== 405) return answerError(info, call, refusal);
  const state = `the server does not offer the RPC API of kubo there (status ${status})`;
  return answerError(info, call, { ...refusal, meaning: { kind: "Config", state } });
}

/** The error that the node's own words stand for: of a refusal, of the trailer `X-Stream-Error`, or among its results. */
export function wordsError(
  info: StoreInfo,
  call: HttpCall,
  refusal: Pick<HttpAnswer, "status" | "headers"> & { readonly words: string },
): JcsError {
  const words = oneLine(refusal.words);
  return answerError(info, call, { ...refusal, code: words, meaning: meaningOf(refusal.words) });
}

/** What kubo's words mean: it has no codes. Source: the repositories ipfs/kubo (core/commands/files.go) and ipfs/boxo (mfs/). */
function meaningOf(words: string): Meaning {
  const shown = oneLine(words);
  // Before what is missing among the files: here it is the bytes that are.
  if (/block was not found|could not find|context (?:deadline exceeded|canceled)/.test(words)) {
    return { kind: "Unreachable", retry: "later", state: `the node cannot get the content (${shown})` };
  }
  if (/no space left|disk quota/.test(words))
    return { kind: "NoSpace", state: `the node is full (${shown})` };
  if (/does not exist|no link named/i.test(words)) return { kind: "NotFound", state: "no such object" };
  if (/already has entry/.test(words)) return { kind: "AlreadyExists", state: "there is an object already" };
  if (/file already exists|not a directory|didn't get it/i.test(words)) {
    return { kind: "ConditionFailed", state: "an object is in the way where a directory is needed" };
  }
  if (/not a file|is a directory/.test(words)) {
    return { kind: "ConditionFailed", state: "there is a directory at the path" };
  }
  return { kind: "Unreachable", retry: "later", state: `the node failed (${shown})` };
}
