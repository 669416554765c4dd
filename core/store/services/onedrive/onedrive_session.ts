import { ATTEMPTS_MAX } from "../../../limits.ts";
import { discard } from "../../http/http_client.ts";
import { answerJson, type JsonRecord } from "../../http/http_json.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { type Call, fault, fileAddress, type OnedriveContext, requestElsewhere } from "./onedrive_context.ts";
import { ask } from "./onedrive_items.ts";

const ABANDON_TIMEOUT_MS = 15_000;

/** How sending one part of an upload ended. */
export type PartResult =
  /** The service wants what comes after it. */
  | { readonly kind: "more" }
  /** It was the last one, and this is the object. */
  | { readonly kind: "complete"; readonly item: JsonRecord }
  /** The service does not know the upload any more: it is complete, or lost. */
  | { readonly kind: "gone" };

/** Begins an upload that goes part by part, to a folder that is there. Resolves to the address of the upload, which is good by itself, for as long as
 *  it lasts: it stays in this process.
 *  Source: Microsoft Graph, "driveItem: createUploadSession". */
export async function beginSession(
  context: OnedriveContext,
  call: Call,
  { ifAbsent }: { readonly ifAbsent: boolean },
): Promise<string> {
  const answer = await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, () =>
    ask(context, call, {
      method: "POST",
      path: fileAddress(context, call.file, "createUploadSession"),
      body: { item: { "@microsoft.graph.conflictBehavior": ifAbsent ? "fail" : "replace" } },
    }),
  );
  const { uploadUrl } = answer;
  if (typeof uploadUrl === "string") return uploadUrl;
  throw fault(context, call, { kind: "Unexpected", state: "the service began no upload" });
}

/** Sends one part. When that fails, asks how far the service has got and goes on from there. */
export async function sendPart(
  context: OnedriveContext,
  call: Call,
  part: { readonly url: string; readonly start: number; readonly bytes: Uint8Array; readonly total: number },
): Promise<PartResult> {
  const { url, start, bytes, total } = part;
  const end = start + bytes.length;
  let arrived = start;
  return await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, async (attempt) => {
    let isKnown = attempt === 1;
    let refusedAt: number | undefined;
    for (;;) {
      const before = arrived;
      const answer = await requestElsewhere(context, call, {
        url,
        accept: [404, 410, 416],
        ...(isKnown
          ? {
              method: "PUT",
              headers: { "content-range": `bytes ${arrived}-${end - 1}/${total}` },
              body: bytes.subarray(arrived - start),
            }
          : { method: "GET" }),
      });
      if (answer.status === 404 || answer.status === 410) {
        discard(answer);
        return { kind: "gone" };
      }
      if (answer.status === 416 && isKnown) {
        // It has some of these bytes, or says that it has.
        discard(answer);
        if (refusedAt === arrived) throw lostBytes(context, call);
        refusedAt = arrived;
        isKnown = false;
        continue;
      }
      const body = await answerJson(context.info, call, { answer });
      if (isKnown && (answer.status === 200 || answer.status === 201))
        return { kind: "complete", item: body };
      arrived = nextExpected(body) ?? total;
      if (arrived >= end && end < total) return { kind: "more" };
      // All bytes are there, and the object is not.
      if (arrived >= total) return { kind: "gone" };
      if (arrived < start || (isKnown && arrived <= before)) throw lostBytes(context, call);
      isKnown = true;
    }
  });
}

/** Ends an upload, also when the caller has cancelled. What cannot be ended the service forgets when it expires. */
export async function abandonSession(context: OnedriveContext, call: Call, url: string): Promise<void> {
  const place = { operation: call.operation, signal: AbortSignal.timeout(ABANDON_TIMEOUT_MS) };
  await requestElsewhere(context, place, { method: "DELETE", url }).then(discard, () => {});
}

function lostBytes(context: OnedriveContext, call: Call): Error {
  return fault(context, call, { kind: "Unreachable", state: "the service has lost bytes of the upload" });
}

/** The first byte that the service has not got; `undefined` when it has all. */
function nextExpected({ nextExpectedRanges: ranges }: JsonRecord): number | undefined {
  const [first] = Array.isArray(ranges) ? ranges : [];
  const start = /^(\d{1,15})-/.exec(String(first))?.[1];
  return start === undefined ? undefined : Number(start);
}
