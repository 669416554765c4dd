import { ATTEMPTS_MAX } from "../../../limits.ts";
import { temporaryName } from "../../files/reserved_names.ts";
import { discard } from "../../http/http_client.ts";
import { retryAfterMs } from "../../http/http_error.ts";
import { answerJson } from "../../http/http_json.ts";
import { pause } from "../../layers/pause.ts";
import { retryHeld } from "../../upload/retry_held.ts";
import { forgetAside, placeItem, requireFile } from "./onedrive_aside.ts";
import {
  type Call,
  fault,
  fileAddress,
  itemAddress,
  type OnedriveContext,
  request,
  requestElsewhere,
} from "./onedrive_context.ts";
import { ask, type DriveItem, ensureFolder, findItem, requireRoot } from "./onedrive_items.ts";
import { folderOf } from "./onedrive_names.ts";
import { folderInTheWay } from "./onedrive_write.ts";

const TIDY_TIMEOUT_MS = 15_000;
/** How often the service is asked whether a copy is done, and for how long in all. */
const POLL_MS_MIN = 50;
const POLL_MS_MAX = 5000;
const COPY_MS_MAX = 30 * 60_000;

/** Removes an object, or a folder that is empty, to the recycle bin. What is missing is fine.
 *
 *  The service removes folders with all that is in them. Hence an empty one is removed only if its tag says that it still is; where a drive has no tag for
 *  that, what was put into it in this moment goes to the recycle bin, too.
 *  Source: Microsoft Graph, "Delete a DriveItem". */
export async function removeItem(context: OnedriveContext, call: Call): Promise<void> {
  // One that is aside would come back.
  await forgetAside(context, call);
  const item = await findItem(context, call);
  if (item === undefined && !context.root.found) await requireRoot(context, call);
  if (item === undefined || item.kind === "other") return;
  if (item.kind === "directory") await requireEmpty(context, call, item);
  const headers = item.kind === "directory" && item.tag !== undefined ? { "if-match": item.tag } : {};
  const path = itemAddress(context, item.id);
  discard(await request(context, call, { method: "DELETE", path, headers, accept: [404] }));
}

/** Renames an object, which replaces the target. */
export async function moveObject(context: OnedriveContext, source: Call, target: Call): Promise<void> {
  const item = await requireFile(context, source);
  const there = await findItem(context, target);
  if (there !== undefined && there.kind !== "file") throw folderInTheWay(context, target);
  if (source.file === target.file) return;
  const folder = await ensureFolder(context, target, folderOf(target.file));
  // What a crash has left aside of the source would come back.
  await forgetAside(context, source);
  await placeItem(context, target, { item, source: source.file, folder });
}

/** Copies inside the drive: to a new name in the target's folder, which then becomes the target. The service does so in its own time and is asked again and again
 *  whether it is done. When it fails, or takes too long, the copy is removed; one that the service makes later stays hidden by its name.
 *  Source: Microsoft Graph, "driveItem: copy", "Working with long running actions". */
export async function copyObject(context: OnedriveContext, source: Call, target: Call): Promise<void> {
  const item = await requireFile(context, source);
  const there = await findItem(context, target);
  if (there !== undefined && there.kind !== "file") throw folderInTheWay(context, target);
  // The same object, perhaps in other letters.
  if (there?.id === item.id) return;
  const folder = await ensureFolder(context, target, folderOf(target.file));
  const name = temporaryName();
  const copy = { ...target, file: [folderOf(target.file), name].filter((part) => part !== "").join("/") };
  try {
    const { driveId, id } = folder;
    const answer = await request(context, target, {
      method: "POST",
      path: itemAddress(context, item.id, "copy"),
      body: { parentReference: { ...(driveId === undefined ? {} : { driveId }), id }, name },
    });
    discard(answer);
    await waitForCopy(context, target, answer.headers["location"]);
    const made = await findItem(context, copy);
    if (made?.kind !== "file" || made.meta.size !== item.meta.size) {
      const state = "the service says that it has copied the object, and has not";
      throw fault(context, target, { kind: "Unreachable", retry: "later", state });
    }
    await placeItem(context, target, { item: made, source: copy.file, folder });
  } catch (error) {
    const signal = AbortSignal.timeout(TIDY_TIMEOUT_MS);
    const removing = request(
      context,
      { ...copy, signal },
      { method: "DELETE", path: fileAddress(context, copy.file) },
    );
    await removing.then(discard, () => {});
    throw error;
  }
}

async function requireEmpty(context: OnedriveContext, call: Call, { id }: DriveItem): Promise<void> {
  const path = `${itemAddress(context, id, "children")}?$top=1&$select=id`;
  const { value } = await ask(context, call, { method: "GET", path });
  if (Array.isArray(value) && value.length === 0) return;
  throw fault(context, call, { kind: "ConditionFailed", state: "the folder is not empty" });
}

async function waitForCopy(context: OnedriveContext, call: Call, url: string | undefined): Promise<void> {
  const cancelled = () => fault(context, call, { kind: "Cancelled", state: "cancelled" });
  const deadlineMs = Date.now() + COPY_MS_MAX;
  for (let delayMs = POLL_MS_MIN; Date.now() < deadlineMs; delayMs = Math.min(2 * delayMs, POLL_MS_MAX)) {
    const answer = await retryHeld({ attempts: ATTEMPTS_MAX, signal: call.signal }, () =>
      requestElsewhere(context, call, { method: "GET", url, accept: [303] }),
    );
    if (answer.status === 303) {
      discard(answer);
      return;
    }
    const { status } = await answerJson(context.info, call, { answer });
    if (status === "completed") return;
    if (typeof status !== "string" || /failed|cancelled/i.test(status)) {
      throw fault(context, call, { kind: "Unexpected", state: "the service could not copy the object" });
    }
    const waitMs = Math.max(delayMs, retryAfterMs(answer.headers["retry-after"]) ?? 0);
    await pause(waitMs, { signal: call.signal, error: cancelled });
  }
  throw fault(context, call, {
    kind: "TimedOut",
    retry: "later",
    state: "the service is still copying the object",
  });
}
