import { isKind } from "../../../errors.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { storeError } from "../../store_error.ts";
import { type RcloneContext, rc } from "./rclone_context.ts";

/** A folder that nobody has: a bucket lists it as empty, and what is no bucket cannot list it. */
const NOBODYS = ".jcs-root-check";

/** Throws `Unreachable` when the bucket or the root directory is missing, which rclone would make, or tell as an empty one. Asks once, until
 *  something is found to be missing. */
export async function requireRoot(context: RcloneContext, call: HttpCall): Promise<void> {
  const { root, features, remote, info } = context;
  if (root.found && call.operation === "write") return;
  const remoteName = features["BucketBased"] === true ? NOBODYS : "";
  const opt = { noModTime: true, noMimeType: true };
  try {
    await rc(context, call, { command: "operations/list", input: { fs: remote, remote: remoteName, opt } });
    root.found = true;
  } catch (error) {
    if (!isKind(error, "NotFound")) throw error;
    const state = features["BucketBased"] === true ? "no such bucket" : "its folder does not exist";
    throw storeError(info, { ...call, kind: "Unreachable", state });
  }
}
