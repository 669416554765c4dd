import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { decodeName, encodeName } from "../../encoded_name.ts";
import { type GoogleKey, googleKey } from "../../google/google_key.ts";
import type { GoogleClient, GoogleRefusal } from "../../google/google_request.ts";
import { type GoogleTokens, googleTokens } from "../../google/google_token.ts";
import { PART_UNIT_BYTES } from "../../google/resumable_upload.ts";
import { httpClient } from "../../http/http_client.ts";
import type { Meaning } from "../../http/http_error.ts";
import { readNetwork } from "../../http/network.ts";
import { normalizePath } from "../../normalize_path.ts";
import type { OpenContext } from "../../service.ts";
import { storeError } from "../../store_error.ts";
import type { GcsOptions } from "./gcs_options.ts";

/** Longest name of an object in UTF-8 bytes. */
export const NAME_BYTES_MAX = 1024;
const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
/** What names must not hold, or what breaks the XML of the service's other protocol. */
const REFUSED = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g;
const TEMPORARY = /(?:^|\/)\.jcs-[0-9a-f]{20}\.tmp$/;

/** What every operation of one store works with. */
export interface GcsContext extends GoogleClient {
  readonly options: GcsOptions;
  readonly key: GoogleKey;
  readonly tokens: GoogleTokens;
  /** What stands before the encoded paths in names of objects: empty or ending with `/`. */
  readonly namePrefix: string;
}

/** A path in its one spelling, and the name of its object. */
export interface Place {
  readonly path: string;
  readonly name: string;
}

/** Checks the options against each other and finds the key. Talks to nobody. */
export async function gcsContext(
  connection: Connection,
  source: { readonly options: GcsOptions; readonly environment: OpenContext["environment"] },
): Promise<GcsContext> {
  const { service, name, workDirectory, space } = connection;
  const { options, environment } = source;
  const refuse = (state: string) => new JcsError("Usage", `Cannot open a space of service "gcs": ${state}`);
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name)) {
    throw refuse("the bucket is missing or has a name that Google does not accept; write gcs://BUCKET");
  }
  if (options.part_size < PART_UNIT_BYTES || options.part_size % PART_UNIT_BYTES !== 0) {
    throw refuse('option "part_size" must be a multiple of 256KiB');
  }
  const info = { service, name, workDirectory, space };
  const key = await googleKey("gcs", { ...options, environment });
  const network = readNetwork(options, source);
  return {
    info,
    options,
    key,
    tokens: googleTokens(info, key, { scope: SCOPE, network }),
    client: httpClient(options.endpoint, { network }),
    parameters: { userProject: options.user_project },
    meaningOf,
    namePrefix: encodeName(workDirectory.slice(1), REFUSED),
  };
}

/** Where `path` lies. `Usage` when there can be no such object. */
export function placeOf(
  context: GcsContext,
  call: { readonly operation: string; readonly path: string },
): Place {
  const path = normalizePath(call.path, context.info.workDirectory);
  const name = context.namePrefix + encodeName(path, REFUSED);
  const refuse = (state: string) =>
    storeError(context.info, { kind: "Usage", operation: call.operation, path, state });
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw refuse(`the path is longer than ${NAME_BYTES_MAX} bytes`);
  if (isTemporary(name)) throw refuse("names of this form are jcs's own");
  return { path, name };
}

/** Whether this is the name of a part that is not yet joined. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** The names of a directory's objects up to its last slash. */
export function prefixOf(context: GcsContext, directory: string): string {
  return context.namePrefix + (directory === "" ? "" : `${encodeName(directory, REFUSED)}/`);
}

/** The path of an object in the work directory; `undefined` for a name that is no path, and for what jcs keeps for itself. */
export function pathOf(context: GcsContext, name: string): string | undefined {
  if (!name.startsWith(context.namePrefix) || isTemporary(name)) return undefined;
  const path = decodeName(name.slice(context.namePrefix.length));
  try {
    return normalizePath(path, context.info.workDirectory) === path ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The address of an object, or of all, in the JSON protocol. */
export function objectPath(context: GcsContext, name?: string): string {
  const all = `/storage/v1/b/${encodeURIComponent(context.info.name)}/o`;
  return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
}

/** Where objects are uploaded. */
export function uploadPath(context: GcsContext): string {
  return `/upload/storage/v1/b/${encodeURIComponent(context.info.name)}/o`;
}

/** What the reasons that Google gives mean, where the status alone does not say it. */
const REASONS: Readonly<Record<string, Meaning>> = {
  rateLimitExceeded: { kind: "Throttled", retry: "later" },
  userRateLimitExceeded: { kind: "Throttled", retry: "later" },
  backendError: { kind: "Unreachable", retry: "later" },
  quotaExceeded: { kind: "NoSpace", state: "the quota is used up" },
  accountDisabled: { kind: "PermissionDenied", state: "the account is disabled" },
  userProjectMissing: { kind: "Config", state: "requests to this bucket must be paid; set user_project" },
  invalidArgument: { kind: "Unexpected" },
  retentionPolicyNotMet: { kind: "PermissionDenied", state: "the bucket does not let the object go yet" },
};

function meaningOf({ status, reason, message }: GoogleRefusal): Meaning | undefined {
  const noBucket = status === 404 && /bucket does not exist/i.test(message);
  return noBucket ? { kind: "Unreachable", state: "no such bucket" } : REASONS[reason];
}
