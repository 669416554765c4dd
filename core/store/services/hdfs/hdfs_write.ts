import type { ByteStream } from "../../../bytes/byte_stream.ts";
import { isKind } from "../../../errors.ts";
import { discard } from "../../http/http_client.ts";
import { asRecord } from "../../http/http_json.ts";
import type { ObjectMeta, WriteOptions } from "../../store.ts";
import { storeError, throwIfCancelled } from "../../store_error.ts";
import { takeBody } from "../../take_body.ts";
import { watchedBody } from "../../upload/watched_body.ts";
import { ask, findFile, type HdfsCall, type HdfsContext, requireRoot, transfer } from "./hdfs_context.ts";
import { besides, fileOf } from "./hdfs_names.ts";

const TIDY_TIMEOUT_MS = 15_000;

/** Writes to a temporary file beside the path and renames that, which HDFS does atomically, also over a file that is there. */
export async function writeFile(
  context: HdfsContext,
  call: HdfsCall,
  write: WriteOptions & { readonly body: Uint8Array | ByteStream },
): Promise<ObjectMeta> {
  const { info } = context;
  const size = write.size ?? (write.body instanceof Uint8Array ? write.body.length : undefined);
  const body = watchedBody(takeBody(write.body, { info, ...call, size }));
  const target = fileOf(context, call.path);
  const temporary = besides(target);
  try {
    throwIfCancelled(info, call);
    if (write.metadata !== undefined || write.storageClass !== undefined) {
      const state = "the service has neither metadata nor storage classes";
      throw storeError(info, { ...call, kind: "Unsupported", state });
    }
    await requireRoot(context, call);
    const query = { overwrite: "false" };
    discard(await transfer(context, call, { method: "PUT", op: "CREATE", file: temporary, query, body }));
    const kept = await ask(context, call, { method: "GET", op: "GETFILESTATUS", file: temporary });
    if (asRecord(kept["FileStatus"])["length"] !== body.bytes) {
      const state = `the service has not all of the ${body.bytes} bytes`;
      throw storeError(info, { ...call, kind: "Unreachable", retry: "later", state });
    }
    await rename(context, call, { from: temporary, option: write.ifAbsent === true ? "NONE" : "OVERWRITE" });
    return { path: call.path, kind: "file", size: body.bytes };
  } catch (error) {
    await removeQuietly(context, temporary);
    throw body.explain(error);
  } finally {
    body.end();
  }
}

/** Gives a file its name, by which it shows at once. */
export async function rename(
  context: HdfsContext,
  call: HdfsCall,
  change: { readonly from: string; readonly option: "OVERWRITE" | "NONE" },
): Promise<void> {
  const destination = fileOf(context, call.path);
  try {
    const query = { destination, renameoptions: change.option };
    await ask(context, call, { method: "PUT", op: "RENAME", file: change.from, query });
  } catch (error) {
    if (isKind(error, "Cancelled")) throw error;
    const found = await findFile(context, call).catch(() => undefined);
    if (found?.kind === "directory") {
      throw storeError(context.info, {
        ...call,
        kind: "ConditionFailed",
        state: "there is a directory",
      });
    }
    throw error;
  }
}

/** Makes the directory of a path. */
export async function makeParent(context: HdfsContext, call: HdfsCall): Promise<void> {
  const folder = call.path.slice(0, Math.max(0, call.path.lastIndexOf("/")));
  if (folder !== "") await ask(context, call, { method: "PUT", op: "MKDIRS", file: fileOf(context, folder) });
}

/** Removes what a failed write or a crash has left, also when the caller has cancelled. What cannot be removed stays hidden by its name. */
export async function removeQuietly(context: HdfsContext, file: string): Promise<void> {
  const call = { operation: "remove", signal: AbortSignal.timeout(TIDY_TIMEOUT_MS) };
  const query = { recursive: "false" };
  await ask(context, call, { method: "DELETE", op: "DELETE", file, query }).catch(() => {});
}
