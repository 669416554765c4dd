import { isKind } from "../../../errors.ts";
import { NO_CAPABILITIES } from "../../capabilities.ts";
import type { Connection } from "../../connection_string.ts";
import type { OpenContext } from "../../service.ts";
import type { CallOptions, Capabilities, Store } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { forgetAside, replaceRclone, statObject, stepsAside } from "./rclone_aside.ts";
import {
  closeConnections,
  NAME_BYTES_MAX,
  PATH_BYTES_MAX,
  placeOf,
  type RcloneContext,
  rc,
  rcloneContext,
} from "./rclone_context.ts";
import { listObjects } from "./rclone_list.ts";
import type { RcloneOptions } from "./rclone_options.ts";
import { readObject } from "./rclone_read.ts";
import { requireRoot } from "./rclone_root.ts";
import { findObject, hasDirectories } from "./rclone_stat.ts";
import { obstacle, removeQuietly, temporaryBeside, writeObject } from "./rclone_write.ts";

/** Makes rclone write although the target looks the same: it would compare length and time only. */
const FORCED = { _config: { IgnoreTimes: true, IgnoreExisting: false } } as const;

/** Opens a remote of rclone. Starts rclone, or joins the one that runs for another store of this process. */
export async function openRcloneStore(
  connection: Connection,
  source: { readonly options: RcloneOptions; readonly environment: OpenContext["environment"] },
): Promise<Store> {
  const context = await rcloneContext(connection, source);
  const { features } = context;
  const directories = hasDirectories(context);
  const capabilities: Capabilities = {
    ...NO_CAPABILITIES,
    readRange: true,
    writeUnknownSize: true,
    caseSensitive: features["CaseInsensitive"] !== true,
    directories,
    copy: features["Copy"] === true,
    move: features["Move"] === true,
    // rclone removes what is in the way of a rename.
    overwriteAtomic: features["BucketBased"] === true,
    pathBytesMax: PATH_BYTES_MAX,
    nameBytesMax: NAME_BYTES_MAX,
  };
  return {
    info: context.info,
    native: capabilities,
    capabilities,
    async stat(path, options) {
      return await statObject(context, { operation: "stat", path, signal: options?.signal });
    },
    read: (path, options = {}) => readObject(context, path, options),
    write: (path, body, options = {}) => writeObject(context, path, { ...options, body }),
    remove: (path, options) => removeObject(context, path, options),
    list: (prefix, options = {}) => listObjects(context, prefix, options),
    ...(capabilities.copy
      ? { copy: (from, to, options) => transfer(context, "copy", { from, to, options }) }
      : {}),
    ...(capabilities.move
      ? { move: (from, to, options) => transfer(context, "move", { from, to, options }) }
      : {}),
    ...(directories ? { makeDirectory: (path, options) => makeDirectory(context, path, options) } : {}),
    async close() {
      context.bodies.close();
      closeConnections(context);
      await context.hold.release();
    },
  };
}

async function removeObject(
  context: RcloneContext,
  at: string,
  options: CallOptions | undefined,
): Promise<void> {
  const { path, name } = placeOf(context, { operation: "remove", path: at });
  const call = { operation: "remove", path, signal: options?.signal };
  const input = { fs: context.remote, remote: name };
  // One that is aside would come back.
  const forgetting = forgetAside(context, call);
  // It may fail before anybody looks.
  forgetting.catch(() => {});
  try {
    await rc(context, call, { command: "operations/deletefile", input });
    return await forgetting;
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
  }
  await forgetting;
  if (hasDirectories(context) && (await findObject(context, call))?.kind === "directory") {
    await rc(context, call, { command: "operations/rmdir", input }).catch((error: unknown) => {
      if (!isKind(error, "NotFound")) throw error;
    });
  } else if (!context.root.found) await requireRoot(context, call);
}

async function transfer(
  context: RcloneContext,
  operation: "copy" | "move",
  work: { readonly from: string; readonly to: string; readonly options: CallOptions | undefined },
): Promise<void> {
  const source = placeOf(context, { operation, path: work.from });
  const target = placeOf(context, { operation, path: work.to });
  const call = { operation, path: source.path, signal: work.options?.signal };
  throwIfCancelled(context.info, call);
  const found = await statObject(context, call);
  if (found.kind !== "file") {
    throw storeError(context.info, {
      kind: "NotFound",
      operation,
      path: source.path,
      state: "no such object",
    });
  }
  if (source.path === target.path) return;
  const run = (name: string) => {
    const ends = { srcFs: context.remote, srcRemote: source.name, dstFs: context.remote, dstRemote: name };
    return rc(context, call, { command: `operations/${operation}file`, input: { ...ends, ...FORCED } });
  };
  try {
    // Where that is the same object, only rclone knows how it gets other letters.
    if (!stepsAside(context) || source.name.toLowerCase() === target.name.toLowerCase()) {
      await run(target.name);
    } else if (operation === "move") {
      // What a crash has left aside of the source would come back.
      await forgetAside(context, call);
      await replaceRclone(context, call, { source: source.name, target: target.name });
    } else {
      const copy = temporaryBeside(target.name);
      try {
        await run(copy);
        await replaceRclone(context, call, { source: copy, target: target.name });
      } catch (error) {
        await removeQuietly(context, copy);
        throw error;
      }
    }
  } catch (error) {
    if (!hasDirectories(context) || isKind(error, "Cancelled")) throw error;
    throw (await obstacle(context, { ...call, path: target.path }).catch(() => undefined)) ?? error;
  }
}

async function makeDirectory(
  context: RcloneContext,
  at: string,
  options: CallOptions | undefined,
): Promise<void> {
  const { path, name } = placeOf(context, { operation: "makeDirectory", path: at });
  const call = { operation: "makeDirectory", path, signal: options?.signal };
  throwIfCancelled(context.info, call);
  await requireRoot(context, call);
  if ((await findObject(context, call))?.kind === "file") {
    throw storeError(context.info, {
      kind: "AlreadyExists",
      operation: "makeDirectory",
      path,
      state: "there is an object",
    });
  }
  await rc(context, call, { command: "operations/mkdir", input: { fs: context.remote, remote: name } });
}
