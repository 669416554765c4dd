import { type ErrorKind, isKind } from "../../../errors.ts";
import { completeName, temporaryName } from "../../files/reserved_names.ts";
import { discard, type HttpAnswer } from "../../http/http_client.ts";
import { answerError, type HttpCall } from "../../http/http_error.ts";
import { pause } from "../../layers/pause.ts";
import { storeError } from "../../store_error.ts";
import { findResource, requireRoot } from "./propfind.ts";
import { destinationOf, parentOf, request, resourceOf, type WebdavContext } from "./webdav_context.ts";

const CLEAN_UP_TIMEOUT_MS = 15_000;
/** Directories may vanish between their making and the use that is made of them. */
const TRIES_MAX = 3;
/** Writers of one object get into each other's way where the server does not replace it at once. */
const REPLACE_TRIES_MAX = 8;
const REPLACE_PAUSE_MS = 100;
const RACES: readonly ErrorKind[] = ["NotFound", "PermissionDenied", "ConditionFailed", "Unreachable"];

/** A call that makes or replaces the object at its path. */
export interface ReplaceCall extends HttpCall {
  readonly path: string;
}

/** Has `fill` make a temporary object beside the one at `call.path`, and then gives it that name. Whatever fails, the temporary object is removed,
 *  and the old one is still there, or none. What a crash leaves has a name by which it is known and hidden.
 *
 *  Except where the server has removed the old object and then cannot rename the new one: that one is all there is, so it stays, and the error names it. */
export async function replaceResource<T>(
  context: WebdavContext,
  call: ReplaceCall,
  options: {
    readonly ifAbsent?: boolean;
    /** Makes the object `temporary`, a path in requests. */
    readonly fill: (temporary: string) => Promise<T>;
  },
): Promise<T> {
  const besides = (name: string) => resourceOf(context, joined(parentOf(call.path), name));
  const temporary = besides(temporaryName());
  let complete: string | undefined;
  try {
    const result = await options.fill(temporary);
    // From now on it may be all there is: it gets a name that nobody removes for its age.
    const onReplace = async () => {
      if (complete !== undefined) return complete;
      const kept = besides(completeName());
      const headers = { destination: destinationOf(context, kept), overwrite: "F" };
      discard(await request(context, call, { method: "MOVE", path: temporary, headers }));
      complete = kept;
      return kept;
    };
    await moveOver(context, call, { from: temporary, ifAbsent: options.ifAbsent ?? false, onReplace });
    return result;
  } catch (error) {
    const { operation, path } = call;
    const cleanUp = { operation, path, signal: AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS) };
    // When nobody can say that the old object is there, the new one must not go.
    if (complete !== undefined && !(await findResource(context, cleanUp, path).catch(() => undefined))) {
      throw storeError(context.info, {
        operation,
        path,
        kind: "Unreachable",
        state: `the server could not rename ${decodeURIComponent(complete)}, which holds the new content, and the old object may be gone`,
        cause: error,
      });
    }
    await request(context, cleanUp, { method: "DELETE", path: complete ?? temporary }).then(
      discard,
      () => {},
    );
    throw error;
  }
}

/** Gives the resource `from` (a path in requests) the name of the object at `call.path`, with one request where nothing is there yet.
 *
 *  A directory there is never replaced: a server would remove it with all that is in it. That is why what may be replaced is looked at first. */
export async function moveOver(
  context: WebdavContext,
  call: ReplaceCall,
  {
    from,
    ifAbsent,
    headers = {},
    onReplace,
  }: {
    readonly from: string;
    readonly ifAbsent: boolean;
    /** Called before an object that is there is replaced: from then on it may be gone. Says where the new one is by then. */
    readonly onReplace?: () => Promise<string>;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const destination = destinationOf(context, resourceOf(context, call.path));
  let source = from;
  for (let tries = 1; ; tries++) {
    const move = (overwrite: "F" | "T", accept: readonly number[]) =>
      request(context, call, {
        method: "MOVE",
        path: source,
        headers: { ...headers, destination, overwrite },
        accept,
      });
    let answer: HttpAnswer;
    try {
      answer = await withParents(context, call, () => move("F", [301, 412]));
    } catch (error) {
      if (!isKind(error, "NotFound") || tries >= REPLACE_TRIES_MAX) throw error;
      await pause(Math.random() * REPLACE_PAUSE_MS, { signal: call.signal, error: () => error });
      continue;
    }
    discard(answer);
    if (answer.status < 300) return;
    const there = await findResource(context, call, call.path);
    if (there === undefined && tries < REPLACE_TRIES_MAX) continue;
    if (there?.kind === "directory") {
      throw storeError(context.info, {
        ...call,
        kind: "ConditionFailed",
        state: "there is a directory at the path",
      });
    }
    // Apache's word for a directory there.
    if (answer.status === 301) throw answerError(context.info, call, answer);
    if (ifAbsent) {
      throw storeError(context.info, {
        ...call,
        kind: "AlreadyExists",
        state: "there is an object already",
      });
    }
    source = (await onReplace?.()) ?? source;
    try {
      discard(await move("T", []));
      return;
    } catch (error) {
      // Servers remove the old object before they rename: another writer may be just there.
      if (!isKind(error, ...RACES) || tries >= REPLACE_TRIES_MAX) throw error;
      await pause(Math.random() * REPLACE_PAUSE_MS, { signal: call.signal, error: () => error });
    }
  }
}

/** Runs `work`, and again with the directories above `call.path` made when they turn out to be missing. `work` must be repeatable. Servers refuse in
 *  many ways what has no directory to go to: only a look at it tells. */
export async function withParents<T>(
  context: WebdavContext,
  call: ReplaceCall,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isKind(error, ...REFUSALS) || tries === TRIES_MAX) throw error;
      const parent = parentOf(call.path);
      const found = await findParent(context, call, parent).catch((failure: unknown) => {
        throw isKind(failure, "Cancelled", "ConditionFailed") ? failure : error;
      });
      if (found) {
        if (parent === "") await requireRoot(context, call);
        // Somebody else may have made it just now.
        if (tries > 1 || isKind(error, "PermissionDenied", "Unsupported")) throw error;
        continue;
      }
      await makeDirectories(context, call, parent);
    }
  }
}

const REFUSALS: readonly ErrorKind[] = [
  ...(["NotFound", "ConditionFailed", "PermissionDenied"] as const),
  ...(["Unsupported", "Unexpected", "Unreachable"] as const),
];

/** Makes a directory and those above it where they are missing; tells nothing of what is there already. */
export async function makeDirectories(
  context: WebdavContext,
  call: HttpCall,
  directory: string,
): Promise<void> {
  if (directory === "") return await requireRoot(context, call);
  const make = async () => {
    const answer = await request(context, call, {
      method: "MKCOL",
      path: resourceOf(context, directory, { directory: true }),
      accept: [403, 404, 405, 409],
    });
    discard(answer);
    // Apache's word also for a directory that somebody else made in the same moment.
    if (answer.status === 403 && (await findResource(context, call, directory)) === undefined) {
      throw answerError(context.info, call, answer);
    }
    return answer.status;
  };
  const status = await make();
  if (status !== 409 && status !== 404) return;
  await makeDirectories(context, call, parentOf(directory));
  await make();
}

/** Whether the directory is there. `ConditionFailed` when an object is in its way. */
async function findParent(context: WebdavContext, call: ReplaceCall, directory: string): Promise<boolean> {
  if (directory === "") return true;
  for (let at = directory; at !== ""; at = parentOf(at)) {
    const found = await findResource(context, call, at);
    if (found?.kind === "directory") return at === directory;
    if (found === undefined) continue;
    const state = "an object is in the way where a directory is needed";
    throw storeError(context.info, { ...call, kind: "ConditionFailed", state });
  }
  return false;
}

function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
