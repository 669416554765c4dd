import type { JcsError } from "../../../errors.ts";
import { replaceAside } from "../../files/replace_aside.ts";
import { temporaryName } from "../../files/reserved_names.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import type { Body } from "../../take_body.ts";
import { asideFiles, type FtpChange, lookForObject } from "./ftp_aside.ts";
import type { FtpConnection } from "./ftp_connection.ts";
import type { FtpEntry } from "./ftp_facts.ts";
import { type FtpRoot, isAbsence, isAnswer } from "./ftp_root.ts";

/** How long the removal of what a failed write left may take. */
const CLEAN_UP_MS = 5000;

/** Uploads the body under a temporary name next to the target, and renames it.
 *
 *  On failure the temporary file is removed, if need be on another connection: `background` gets the work that goes on for that. */
export async function writeFtp(
  root: FtpRoot,
  write: FtpChange & {
    readonly body: Body;
    readonly ifAbsent: boolean;
    readonly background: Set<Promise<unknown>>;
  },
): Promise<ObjectMeta> {
  const { connection, body, ifAbsent, background, ...call } = write;
  const change = { ...call, connection };
  const fault = (kind: JcsError["kind"], state: string) => storeError(root.info, { ...call, kind, state });
  const temporaryPath = `${call.path.slice(0, call.path.lastIndexOf("/") + 1)}${temporaryName()}`;
  const temporary = { ...change, path: temporaryPath };
  try {
    const bytes = await send(root, { ...temporary, command: "STOR", body });
    const stored = await root.look(connection, temporary);
    if (stored?.size !== bytes) {
      const state = `the server kept ${stored?.size ?? "none"} of ${bytes} bytes`;
      throw storeError(root.info, { ...call, kind: "Unreachable", state, retry: "later" });
    }
    if (root.isPrepared) await root.require(connection, call);
    if (ifAbsent && (await lookForObject(root, change)) !== undefined) {
      throw fault("AlreadyExists", "there is an object already");
    }
    await renameFtp(root, { ...change, source: temporaryPath });
    return metaOf(call.path, stored);
  } catch (error) {
    const removing = cleanUp(root, temporary).catch(() => {});
    background.add(removing);
    void removing.finally(() => background.delete(removing));
    if (connection.isUsable()) await removing;
    throw error;
  }
}

/** Adds the body to the end of a file, which is made where there is none. */
export async function appendFtp(
  root: FtpRoot,
  append: FtpChange & { readonly body: Body },
): Promise<ObjectMeta> {
  const { connection, body, ...call } = append;
  // An append may make the file: not on a disk that is not there.
  await root.require(connection, call);
  const found = await lookForObject(root, { ...call, connection });
  if (found?.kind === "directory") {
    const state = "there is a directory at the path";
    throw storeError(root.info, { ...call, kind: "ConditionFailed", state });
  }
  await send(root, { ...call, connection, command: "APPE", body });
  const after = await root.look(connection, call);
  if (after === undefined) throw await root.missing(connection, call);
  return metaOf(call.path, after);
}

/** Uploads; makes the directories first where they are missing. */
async function send(
  root: FtpRoot,
  upload: FtpChange & { readonly command: "STOR" | "APPE"; readonly body: Body },
): Promise<number> {
  const { connection, command, body, ...call } = upload;
  let isTaken = false;
  const next = () => {
    isTaken = true;
    return body.next();
  };
  const text = `${command} ${root.native(connection, call.path)}`;
  try {
    return await connection.upload(text, { ...root.wait(call), next });
  } catch (error) {
    if (isTaken || !isAnswer(error)) throw error;
    const parent = call.path.slice(0, Math.max(call.path.lastIndexOf("/"), 0));
    await makeFtpDirectories(root, { ...call, path: parent, connection });
  }
  return await connection.upload(text, { ...root.wait(call), next });
}

/** Makes the directories of `change.path` that are missing. Never makes the root: when that is gone, `Unreachable`. An object in the way
 *  is `ConditionFailed`. */
export async function makeFtpDirectories(root: FtpRoot, change: FtpChange): Promise<void> {
  const { connection, ...call } = change;
  await root.require(connection, call);
  const names = call.path === "" ? [] : call.path.split("/");
  for (const [index] of names.entries()) {
    const one = { ...call, path: names.slice(0, index + 1).join("/") };
    let found = await root.look(connection, one);
    if (found === undefined) {
      try {
        await connection.command(`MKD ${root.native(connection, one.path)}`, root.wait(call));
        continue;
      } catch (error) {
        // Somebody else may have made it in this very moment.
        found = isAnswer(error) ? await root.look(connection, one) : undefined;
        if (found === undefined) throw error;
      }
    }
    if (found.kind === "directory" || found.kind === "link") continue;
    const state = "an object is in the way where a directory is needed";
    throw storeError(root.info, { ...call, kind: "ConditionFailed", state });
  }
}

/** Throws `Usage` unless what is to be moved is another file than what is at `change.path`: a link would take the place of the bytes that it leads to.
 *  Servers that tell neither links nor `unique` cannot be asked. */
export async function requireOther(root: FtpRoot, moved: FtpEntry, change: FtpChange): Promise<void> {
  const { connection, ...call } = change;
  if (moved.kind !== "link" && moved.unique === undefined) return;
  const found = await root.look(connection, call);
  if (found === undefined || found.kind === "directory") return;
  if (moved.kind !== "link" && moved.unique !== found.unique) return;
  const state =
    "what is to be moved there is a link that may lead to it, or another name of it; remove one of them";
  throw storeError(root.info, { ...call, kind: "Usage", state });
}

/** Gives the file at `source` the name `change.path` and replaces what is there, in one step where the server can do that: see {@link replaceAside}. */
export async function renameFtp(
  root: FtpRoot,
  change: FtpChange & { readonly source: string },
): Promise<void> {
  const { connection, source, ...call } = change;
  try {
    await replaceAside(asideFiles(root, { ...call, connection }), { source, target: call.path });
  } catch (error) {
    if (!isAnswer(error) || (await root.look(connection, call))?.kind !== "directory") throw error;
    const state = "there is a directory at the path";
    throw storeError(root.info, { ...call, kind: "ConditionFailed", state, cause: error });
  }
}

/** What is known of a file, as metadata. There is no tag: times are told in whole seconds. */
export function metaOf(path: string, { kind, size, modifiedAt }: FtpEntry): ObjectMeta {
  const time = modifiedAt === undefined ? {} : { modifiedAt };
  if (kind === "directory" || kind === "link") return { path, kind, ...time };
  return { path, kind: "file", ...(size === undefined ? {} : { size }), ...time };
}

async function cleanUp(root: FtpRoot, { connection, path }: FtpChange): Promise<void> {
  const call = { operation: "write", path, signal: AbortSignal.timeout(CLEAN_UP_MS) };
  const remove = async (usable: FtpConnection) => {
    await usable.command(`DELE ${root.native(usable, path)}`, root.wait(call)).catch((error: unknown) => {
      if (!isAbsence(error)) throw error;
    });
  };
  if (connection.isUsable()) await remove(connection);
  else await root.run(call, remove);
}
