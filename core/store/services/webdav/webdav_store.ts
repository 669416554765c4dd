import { isKind } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { httpGet } from "../../http/http_get.ts";
import { emptyStream } from "../../http/http_read.ts";
import type { OpenContext } from "../../service.ts";
import type { CallOptions, ObjectMeta, ObjectStream, ReadOptions, Store } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { findResource, propfind, requireResource, requireRoot } from "./propfind.ts";
import {
  destinationOf,
  pathOf,
  request,
  resourceOf,
  WEBDAV_CAPABILITIES,
  type WebdavContext,
  webdavContext,
} from "./webdav_context.ts";
import { listResources } from "./webdav_list.ts";
import type { WebdavOptions } from "./webdav_options.ts";
import { makeDirectories, moveOver, replaceResource, withParents } from "./webdav_replace.ts";
import { writeResource } from "./webdav_write.ts";

/** Opens the folder that the connection names. Makes no request. */
export async function openWebdavStore(
  connection: Connection,
  source: { readonly options: WebdavOptions; readonly context: OpenContext },
): Promise<Store> {
  const context = await webdavContext(connection, source);
  const capabilities = { ...WEBDAV_CAPABILITIES, overwriteAtomic: source.options.atomic_put === true };
  return {
    info: context.info,
    native: capabilities,
    capabilities,
    async stat(path, options) {
      const call = callOf(context, { operation: "stat", path, options });
      return await requireResource(context, call, call.path);
    },
    read: (path, options = {}) => readResource(context, path, options),
    write: (path, body, options = {}) => writeResource(context, path, { ...options, body }),
    remove: (path, options = {}) => removeResource(context, path, options),
    list: (prefix, options = {}) => listResources(context, prefix, options),
    async copy(from, to, options) {
      const source = callOf(context, { operation: "copy", path: from, options });
      const target = callOf(context, { operation: "copy", path: to, options });
      await requireFile(context, source);
      if (source.path === target.path) return;
      await replaceResource(context, target, {
        fill: (temporary) =>
          withParents(context, target, async () => {
            const destination = destinationOf(context, temporary);
            const headers = { destination, overwrite: "F", depth: "0" };
            const from = resourceOf(context, source.path);
            discard(await request(context, source, { method: "COPY", path: from, headers }));
          }),
      });
    },
    async move(from, to, options) {
      const source = callOf(context, { operation: "move", path: from, options });
      const target = callOf(context, { operation: "move", path: to, options });
      await requireFile(context, source);
      if (source.path === target.path) return;
      await moveOver(context, target, { from: resourceOf(context, source.path), ifAbsent: false });
    },
    async makeDirectory(path, options) {
      const call = callOf(context, { operation: "makeDirectory", path, options });
      let failure: { readonly error: unknown } | undefined;
      await withParents(context, call, () => makeDirectories(context, call, call.path)).catch(
        (error: unknown) => {
          failure = { error };
        },
      );
      const found = await findResource(context, call, call.path);
      if (failure !== undefined && found?.kind !== "file") throw failure.error;
      if (found === undefined) await requireRoot(context, call);
      if (found?.kind === "directory") return;
      const state = "there is an object already";
      throw storeError(context.info, {
        operation: call.operation,
        path: call.path,
        kind: "AlreadyExists",
        state,
      });
    },
    async close() {
      context.client.close();
    },
  };
}

type PathCall = HttpCall & { readonly path: string };

function callOf(
  context: WebdavContext,
  call: { readonly operation: string; readonly path: string; readonly options: CallOptions | undefined },
): PathCall {
  return { operation: call.operation, path: pathOf(context, call), signal: call.options?.signal };
}

async function readResource(context: WebdavContext, at: string, options: ReadOptions): Promise<ObjectStream> {
  const call = callOf(context, { operation: "read", path: at, options });
  const { info } = context;
  if (options.length === 0) {
    const { etag } = await requireFile(context, call);
    if (options.ifMatch === undefined || etag === undefined || etag === options.ifMatch)
      return emptyStream(etag);
    const state = "the object is not the one that was expected";
    throw storeError(info, { operation: "read", path: call.path, kind: "ConditionFailed", state });
  }
  try {
    return await httpGet(info, call, {
      ...options,
      send: (headers) =>
        request(context, call, {
          method: "GET",
          path: resourceOf(context, call.path),
          headers,
          accept: [416],
        }),
    });
  } catch (error) {
    // Servers answer for a directory in many ways: a page, a redirect, a refusal.
    if (isKind(error, "NotFound", "Config", "Unsupported", "PermissionDenied", "Unexpected")) {
      await requireFile(context, call);
    }
    throw error;
  }
}

async function requireFile(context: WebdavContext, call: PathCall): Promise<ObjectMeta> {
  const found = await requireResource(context, call, call.path);
  if (found.kind === "file") return found;
  const state = "there is a directory and no object";
  throw storeError(context.info, { operation: call.operation, path: call.path, kind: "NotFound", state });
}

/** Looks before it removes: a server removes a directory with all that is in it. */
async function removeResource(context: WebdavContext, at: string, options: CallOptions): Promise<void> {
  const call = callOf(context, { operation: "remove", path: at, options });
  const found = await findResource(context, call, call.path);
  if (found === undefined) return await requireRoot(context, call);
  const isDirectory = found.kind === "directory";
  if (isDirectory) {
    for await (const { isSelf } of propfind(context, call, { path: call.path, depth: "1" })) {
      if (isSelf) continue;
      const state = "the directory is not empty";
      throw storeError(context.info, {
        operation: "remove",
        path: call.path,
        kind: "ConditionFailed",
        state,
      });
    }
  }
  const path = resourceOf(context, call.path, { directory: isDirectory });
  discard(await request(context, call, { method: "DELETE", path, accept: [404, 410] }));
}
