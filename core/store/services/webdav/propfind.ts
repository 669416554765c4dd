import { isKind } from "../../../errors.ts";
import { isOwnName } from "../../files/reserved_names.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { strongTag } from "../../http/http_get.ts";
import { answerStream } from "../../http/http_read.ts";
import { childOf, readXml, textOf, type XmlElement, type XmlError } from "../../http/read_xml.ts";
import type { ObjectMeta } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { nameOf, parentOf, request, resourceOf, type WebdavContext } from "./webdav_context.ts";

const BODY = Buffer.from(
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/>' +
    "<getlastmodified/><getetag/><getcontenttype/></prop></propfind>",
);

/** What is at `path`; `undefined` when nothing is. Does not look whether the root is there. */
export async function findResource(
  context: WebdavContext,
  call: HttpCall,
  path: string,
): Promise<ObjectMeta | undefined> {
  let found: ObjectMeta | undefined;
  for await (const { meta, isSelf } of propfind(context, call, { path, depth: "0" })) {
    if (isSelf) found = meta;
  }
  return found;
}

/** What is at `path`. `NotFound` when nothing is, `Unreachable` when the work directory itself is missing. */
export async function requireResource(
  context: WebdavContext,
  call: HttpCall,
  path: string,
): Promise<ObjectMeta> {
  const found = await findResource(context, call, path);
  if (found !== undefined) return found;
  await requireRoot(context, call);
  throw storeError(context.info, { ...call, kind: "NotFound", state: "no such object" });
}

/** Throws `Unreachable` when the work directory is missing. */
export async function requireRoot(context: WebdavContext, call: HttpCall): Promise<void> {
  const found = await findResource(context, call, "");
  if (found?.kind === "directory") return;
  const state = "the folder is missing on the server; it must be made first";
  throw storeError(context.info, { ...call, kind: "Unreachable", state });
}

/** The resource at `path` and, with depth 1, what is right in it, as they come; nothing when it is missing. Yields the resource itself with
 *  `isSelf`. Temporary objects have `isHidden`; names that no operation could name are left out. */
export async function* propfind(
  context: WebdavContext,
  call: HttpCall,
  { path, depth }: { readonly path: string; readonly depth: "0" | "1" },
): AsyncIterable<{ readonly meta: ObjectMeta; readonly isSelf: boolean; readonly isHidden: boolean }> {
  const { info } = context;
  const resource = resourceOf(context, path, { directory: path === "" || depth === "1" });
  const error: XmlError = (state, more) => storeError(info, { ...call, ...more, kind: "Unexpected", state });
  const answer = await request(context, call, {
    method: "PROPFIND",
    path: resource,
    headers: { depth, "content-type": "application/xml; charset=utf-8" },
    body: BODY,
  }).catch(async (failure: unknown) => {
    if (isKind(failure, "NotFound")) return undefined;
    // Some servers have another word for what would lie below an object.
    const isBelow =
      isKind(failure, "Unexpected", "ConditionFailed") && (await isBelowFile(context, call, path));
    if (isBelow) return undefined;
    throw failure;
  });
  if (answer === undefined) return;
  if (answer.status !== 207) {
    answer.body.destroy();
    throw error(`the server does not speak WebDAV there (status ${answer.status})`);
  }
  const own = decodeURIComponent(resource).replace(/\/$/, "");
  let responses = 0;
  for await (const response of readXml(answerStream(info, call, { answer }), {
    names: ["response"],
    error,
  })) {
    responses += 1;
    const found = hrefPath(context, textOf(response, "href") ?? "");
    // Not UTF-8: no operation could name it.
    if (found === undefined) continue;
    const meta = metaOf(response);
    if (found === own) {
      if (meta !== undefined) yield { meta: { path, ...meta }, isSelf: true, isHidden: false };
      continue;
    }
    if (!found.startsWith(`${own}/`) || found.includes("/", own.length + 1)) {
      throw error("the server answered for another directory than was asked for");
    }
    const name = nameOf(found.slice(own.length + 1));
    if (name === undefined || name === "" || meta === undefined) continue;
    const inner = path === "" ? name : `${path}/${name}`;
    yield { meta: { path: inner, ...meta }, isSelf: false, isHidden: isOwnName(name) };
  }
  if (responses === 0) throw error("the answer is no list of resources");
}

/** Whether an object is where the path, or the path and a slash, needs a directory. */
async function isBelowFile(context: WebdavContext, call: HttpCall, path: string): Promise<boolean> {
  for (let at = path; at !== ""; at = parentOf(at)) {
    const answer = await request(context, call, {
      method: "HEAD",
      path: resourceOf(context, at),
      accept: [301, 302, 307, 308, 400, 403, 404, 405, 409, 410],
    });
    discard(answer);
    if (answer.status < 300) return true;
    if (answer.status < 400) return false;
  }
  return false;
}

/** The path that a `href` (an absolute URL, or its path) stands for, without a slash at the end. */
function hrefPath(context: WebdavContext, href: string): string | undefined {
  const url = URL.parse(href.trim(), context.client.endpoint.url);
  try {
    return url === null ? undefined : decodeURIComponent(url.pathname).replace(/\/$/, "");
  } catch {
    return undefined;
  }
}

/** What is said of a resource; `undefined` when only that it is gone. */
function metaOf(response: XmlElement): Omit<ObjectMeta, "path"> | undefined {
  const status = textOf(response, "status");
  if (status !== undefined && !/ 2\d\d(?: |$)/.test(status)) return undefined;
  const properties = response.children
    .filter((child) => child.name === "propstat" && / 200(?: |$)/.test(textOf(child, "status") ?? ""))
    .map((propstat) => childOf(propstat, "prop"));
  const text = (name: string) => {
    for (const property of properties) {
      const found = textOf(property, name);
      if (found !== undefined) return found.trim();
    }
    return undefined;
  };
  if (properties.some((property) => childOf(childOf(property, "resourcetype"), "collection") !== undefined)) {
    return { kind: "directory" };
  }
  const size = text("getcontentlength");
  const modifiedAt = new Date(text("getlastmodified") ?? "");
  const etag = strongTag(text("getetag"));
  const contentType = text("getcontenttype");
  return {
    kind: "file",
    ...(size !== undefined && /^\d+$/.test(size) ? { size: Number(size) } : {}),
    ...(Number.isNaN(modifiedAt.getTime()) ? {} : { modifiedAt }),
    ...(etag === undefined ? {} : { etag }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}
