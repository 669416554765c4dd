import { decodeName, encodeName } from "../../encoded_name.ts";
import { isOwnName, temporaryName } from "../../files/reserved_names.ts";
import { normalizePath } from "../../normalize_path.ts";
import { storeError } from "../../store_error.ts";
import type { HdfsContext } from "./hdfs_context.ts";

/** What HDFS allows unless it is configured otherwise. */
export const NAME_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 4096;
/** HDFS refuses colons in names; control characters do not survive all of its tools. */
const REFUSED = /[:\u0000-\u001f\u007f]/g;

/** A path in its one spelling. `Usage` when there can be no such file. */
export function pathOf(
  context: HdfsContext,
  call: { readonly operation: string; readonly path: string },
): string {
  const path = normalizePath(call.path, context.info.workDirectory);
  const refuse = (state: string) =>
    storeError(context.info, { kind: "Usage", operation: call.operation, path, state });
  const file = fileOf(context, path);
  if (Buffer.byteLength(file) - 1 > PATH_BYTES_MAX)
    throw refuse(`the path is longer than ${PATH_BYTES_MAX} bytes`);
  for (const name of file.split("/")) {
    if (Buffer.byteLength(name) > NAME_BYTES_MAX)
      throw refuse(`a name in it is longer than ${NAME_BYTES_MAX} bytes`);
    if (isOwnName(name)) throw refuse("names of this form are jcs's own");
  }
  return path;
}

/** The file of a path of the store, absolute. */
export function fileOf(context: HdfsContext, path: string): string {
  return encodeName(
    path === "" ? context.info.workDirectory.slice(0, -1) || "/" : context.info.workDirectory + path,
    REFUSED,
  );
}

/** The name in a store's path of a name of HDFS; `undefined` when no path has it. */
export function nameOf(name: string): string | undefined {
  const decoded = decodeName(name);
  return encodeName(decoded, REFUSED) === name && !/[\\/]/.test(decoded) && !isOwnName(name)
    ? decoded
    : undefined;
}

/** A new file beside another for its content. */
export function besides(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1) + temporaryName();
}
