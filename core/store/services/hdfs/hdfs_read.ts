import { answerStream, emptyStream } from "../../http/http_read.ts";
import type { ObjectMeta, ObjectStream, ReadOptions } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { findFile, type HdfsCall, type HdfsContext, missing, requireRoot, transfer } from "./hdfs_context.ts";
import { fileOf } from "./hdfs_names.ts";

/** What is at a path; `NotFound` when nothing is. */
export async function statFile(context: HdfsContext, call: HdfsCall): Promise<ObjectMeta> {
  const found = await findFile(context, call);
  if (found !== undefined) return found;
  await requireRoot(context, call);
  throw missing(context, call);
}

/** Opens a file for reading, which HDFS has a data node do. */
export async function readFile(
  context: HdfsContext,
  call: HdfsCall,
  options: ReadOptions,
): Promise<ObjectStream> {
  const { offset = 0, length = Number.POSITIVE_INFINITY } = options;
  const { kind, size = 0 } = await statFile(context, call);
  if (kind !== "file") throw missing(context, call);
  const bytes = Math.min(length, size - offset);
  // HDFS takes an offset at the end for a mistake.
  if (bytes <= 0) return emptyStream();
  const query = { offset: String(offset), length: String(bytes) };
  const answer = await transfer(context, call, {
    method: "GET",
    op: "OPEN",
    file: fileOf(context, call.path),
    query,
  });
  const announced = answer.headers["content-length"];
  if (announced !== undefined && Number(announced) > bytes) {
    answer.body.destroy();
    const state = "the service did not send the range that was asked for";
    throw storeError(context.info, { ...call, kind: "Unsupported", state });
  }
  const headers = { ...answer.headers, "content-length": String(bytes) };
  return answerStream(context.info, call, { answer: { ...answer, headers } });
}
