import type { ErrorKind, JcsError, Retry } from "../../../errors.ts";

import { discard, type HttpAnswer } from "../../http/http_client.ts";
import { answerError, type HttpCall } from "../../http/http_error.ts";
import { oneLine, parseJson } from "../../http/http_json.ts";
import { answerText } from "../../http/http_read.ts";
import type { StoreInfo } from "../../store.ts";
import { storeError } from "../../store_error.ts";

const ANSWER_BYTES_MAX = 256 * 1024;

interface Meaning {
  readonly says: RegExp;
  readonly kind: ErrorKind;
  readonly retry?: Retry;
  readonly state?: string;
}

/** What rclone's words mean; the first that fits. Backends have no codes in common, only words. */
const MEANINGS: readonly Meaning[] = [
  {
    says: /didn't find section in config file|didn't find backend/,
    kind: "Config",
    state: "rclone has no such remote configured; see rclone listremotes, or set option config",
  },
  { says: /unable to decrypt configuration|password required|no password/i, kind: "Config" },
  {
    says: /is a file not a directory|is a file, not a directory/,
    kind: "Config",
    state: "its folder is a file",
  },
  { says: /nosuchbucket|bucket does not exist|container ?not ?found|directory not found/i, kind: "NotFound" },
  {
    says: /not a directory|is a directory|ErrorNotAFile|object not found|is not a regular file/i,
    kind: "NotFound",
  },
  { says: /directory not empty/i, kind: "ConditionFailed", state: "the directory is not empty" },
  {
    says: /slow ?down|too ?many ?requests|rate ?limit|throttl|\b429\b|\b503\b/i,
    kind: "Throttled",
    retry: "later",
  },
  { says: /no space left|quota|insufficient storage|disk full|\b507\b/i, kind: "NoSpace" },
  {
    says: /permission denied|access ?denied|forbidden|unauthori[sz]ed|invalidaccesskeyid|signaturedoesnotmatch|invalid_grant|couldn't fetch token|unable to authenticate|status code: 40[13]|\b40[13]\b/i,
    kind: "PermissionDenied",
  },
  {
    says: /file ?name too long|name too long|keytoolong/i,
    kind: "Usage",
    state: "the path is longer than the remote allows",
  },
  { says: /read-only file system|not supported|can't (copy|move)/i, kind: "Unsupported" },
  {
    says: /connection refused|no such host|network is unreachable|no route to host|timeout|deadline exceeded|connection reset|broken pipe|\bEOF\b|couldn't connect|context canceled|internal ?server ?error|bad gateway|status code: 5\d\d/i,
    kind: "Unreachable",
    retry: "later",
  },
];

/** The error that an answer of rclone stands for. */
export async function rcloneError(info: StoreInfo, call: HttpCall, answer: HttpAnswer): Promise<JcsError> {
  if (answer.status < 400) {
    discard(answer);
    return answerError(info, call, answer);
  }
  const text = await answerText(info, call, { answer, bytesMax: ANSWER_BYTES_MAX });
  const message = parseJson(text)?.["error"];
  const words = typeof message === "string" ? message : text;
  if (answer.status === 404) return storeError(info, { ...call, kind: "NotFound", state: "no such object" });
  if (answer.status === 401) {
    return storeError(info, {
      ...call,
      kind: "Unexpected",
      state: "rclone refuses the password that jcs gave it",
    });
  }
  const meaning = MEANINGS.find(({ says }) => says.test(words));
  const { kind = "Unexpected", retry = "never", state } = meaning ?? {};
  return storeError(info, {
    ...call,
    kind,
    retry,
    state: state ?? (kind === "NotFound" ? "no such object" : `rclone says: ${oneLine(words)}`),
  });
}
