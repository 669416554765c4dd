import type { SignedRequest, Store } from "../../store.ts";
import { storeError } from "../../store_error.ts";
import { callRoute, type DropboxContext } from "./dropbox_context.ts";
import { placeOf } from "./dropbox_names.ts";

/** How long a link to read lives, whatever is asked for, and the longest life of one to write. */
const LINK_SECONDS = 4 * 3600;
const UPLOAD_SECONDS_MIN = 60;
const UPLOAD_BYTES_MAX = 150 * 1024 * 1024;

/** A temporary link that reads an object for four hours, or takes one upload. Dropbox has none that removes: `Unsupported`. `Usage` for a longer
 *  life than it gives. */
export async function signRequest(
  context: DropboxContext,
  at: string,
  options: Parameters<NonNullable<Store["sign"]>>[2] & { readonly operation: "read" | "write" | "remove" },
): Promise<SignedRequest> {
  const { info } = context;
  const { operation, expiresInSeconds, size = 0 } = options;
  const place = placeOf(info, { operation: "sign", path: at });
  const call = { operation: "sign", path: place.path };
  const refuse = (kind: "Usage" | "Unsupported", state: string) => storeError(info, { ...call, kind, state });
  if (operation === "remove") throw refuse("Unsupported", "Dropbox has no links that remove");
  if (!(expiresInSeconds > 0 && expiresInSeconds <= LINK_SECONDS)) {
    throw refuse("Usage", `links of Dropbox live up to ${LINK_SECONDS} seconds`);
  }
  if (size > UPLOAD_BYTES_MAX) {
    throw refuse("Unsupported", `links of Dropbox take up to ${UPLOAD_BYTES_MAX} bytes`);
  }
  const seconds = operation === "read" ? LINK_SECONDS : Math.max(expiresInSeconds, UPLOAD_SECONDS_MIN);
  const expiresAt = new Date(Date.now() + seconds * 1000);
  const commit = { path: place.name, mode: "overwrite", autorename: false, mute: true };
  const { link } = await callRoute(
    context,
    call,
    operation === "read"
      ? { route: "files/get_temporary_link", argument: { path: place.name } }
      : {
          route: "files/get_temporary_upload_link",
          argument: { commit_info: commit, duration: seconds },
        },
  );
  if (typeof link !== "string" || URL.parse(link) === null) {
    throw storeError(info, { ...call, kind: "Unexpected", state: "the answer holds no link" });
  }
  return operation === "read"
    ? { method: "GET", url: link, headers: {}, expiresAt }
    : { method: "POST", url: link, headers: { "content-type": "application/octet-stream" }, expiresAt };
}
