import { isKind } from "../../../errors.ts";
import { orBroughtBack } from "../../files/replace_aside.ts";
import { discard } from "../../http/http_client.ts";
import { answerStream, emptyStream, rangeHeader } from "../../http/http_read.ts";
import type { ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { bringBackRclone, statObject } from "./rclone_aside.ts";
import { placeOf, type RcloneContext, send } from "./rclone_context.ts";
import { requireRoot } from "./rclone_root.ts";
import { findObject } from "./rclone_stat.ts";

/** The bytes of an object or of a range of it. */
export async function readObject(
  context: RcloneContext,
  at: string,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset = 0, length, signal } = options;
  const { path, name } = placeOf(context, { operation: "read", path: at });
  const call = { operation: "read", path, signal };
  const notFound = () =>
    storeError(context.info, { kind: "NotFound", operation: "read", path, state: "no such object" });
  if (length === 0) {
    if ((await statObject(context, call)).kind === "directory") throw notFound();
    return emptyStream();
  }
  const range = rangeHeader(offset, length);
  // After a range behind the end rclone closes the connection without saying so beforehand: it must not be used again.
  const encoded = name.split("/").map(encodeURIComponent).join("/");
  const open = () =>
    send(context, call, {
      method: "GET",
      path: `/${encodeURIComponent(`[${context.remote}]`)}/${encoded}`,
      ...(range === undefined ? {} : { headers: { range, connection: "close" } }),
    });
  try {
    const answer = await orBroughtBack(open, () => bringBackRclone(context, call));
    if (range === undefined) return answerStream(context.info, call, { answer });
    const found = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers["content-range"] ?? "");
    const [, first = "", total = ""] = found ?? [];
    if (answer.status !== 206 || Number(first) !== offset) {
      answer.body.destroy();
      const state = "the service did not send the range that was asked for";
      throw storeError(context.info, { kind: "Unsupported", operation: "read", path, state });
    }
    if (offset >= Number(total)) {
      discard(answer);
      return emptyStream();
    }
    return answerStream(context.info, call, { answer });
  } catch (error) {
    // Some backends cannot open an object behind its end, and rclone calls that missing, too.
    if (range !== undefined && !isKind(error, "Cancelled")) {
      const meta = await findObject(context, call);
      if (meta?.kind === "file" && offset >= (meta.size ?? Number.POSITIVE_INFINITY)) return emptyStream();
    }
    if (isKind(error, "NotFound")) await requireRoot(context, call);
    throw error;
  }
}
