import { JcsError } from "../../../errors.ts";
import type { Connection } from "../../connection_string.ts";
import { type GoogleClient, type GoogleRefusal, googleRequest } from "../../google/google_request.ts";
import { PART_UNIT_BYTES } from "../../google/resumable_upload.ts";
import { httpClient } from "../../http/http_client.ts";
import type { HttpCall, Meaning } from "../../http/http_error.ts";
import { answerJson } from "../../http/http_json.ts";
import { readNetwork } from "../../http/network.ts";
import { normalizePath, normalizePrefix } from "../../normalize_path.ts";
import type { OpenContext } from "../../service.ts";
import { storeError } from "../../store_error.ts";
import { type GdriveTokens, gdriveTokens } from "./gdrive_credentials.ts";
import { driveName } from "./gdrive_names.ts";
import type { GdriveOptions } from "./gdrive_options.ts";
import { type PathMemory, pathMemory } from "./path_memory.ts";

/** Where files are, and where they are uploaded. */
export const FILES = "/drive/v3/files";
export const UPLOADS = "/upload/drive/v3/files";

/** Names and paths that jcs takes here: Google names no bound for them, but they stand in addresses. */
export const NAME_BYTES_MAX = 1024;
export const PATH_BYTES_MAX = 4096;
/** Folders inside of folders that Google allows. */
const LEVELS_MAX = 100;
const IDS_AT_ONCE = 100;

/** What every operation of one store works with. */
export interface GdriveContext extends GoogleClient {
  readonly options: GdriveOptions;
  readonly tokens: GdriveTokens;
  /** The folder where paths begin, or `root` for that of the user. */
  readonly topId: string;
  /** What is known of that folder since it was found: the shared drive that it lies in. */
  readonly top: { driveId: string | undefined };
  readonly memory: PathMemory;
  /** Searches that several calls wait for together, by what they look for. */
  readonly searches: Map<string, Promise<readonly string[]>>;
  /** Ids for new files that nobody has used yet. */
  readonly spareIds: string[];
}

/** A path in its one spelling. */
export interface Place {
  readonly path: string;
  /** The path from the top, work directory included, in the same spelling. */
  readonly key: string;
}

/** One call, with its path. */
export type Call = HttpCall & { readonly path: string };

/** Checks the options against each other and finds the credential. Talks to nobody. */
export async function gdriveContext(
  connection: Connection,
  source: { readonly options: GdriveOptions; readonly environment: OpenContext["environment"] },
): Promise<GdriveContext> {
  const { service, name, workDirectory, space } = connection;
  const { options } = source;
  const refuse = (state: string) =>
    new JcsError("Usage", `Cannot open a space of service "gdrive": ${state}`);
  if (name !== "" && options.drive !== undefined && options.drive !== name) {
    throw refuse("two drives are named; write gdrive://DRIVE_ID/folder or gdrive:///folder?drive=DRIVE_ID");
  }
  const drive = name === "" ? options.drive : name;
  const topId = options.root_folder_id ?? drive ?? "root";
  for (const id of [topId, drive ?? "root"]) {
    if (!/^[A-Za-z0-9_-]{3,100}$/.test(id)) {
      throw refuse(
        `${JSON.stringify(id)} is no id of a drive or a folder; for a folder of your own drive write gdrive:///folder`,
      );
    }
  }
  if (options.part_size < PART_UNIT_BYTES || options.part_size % PART_UNIT_BYTES !== 0) {
    throw refuse('option "part_size" must be a multiple of 256KiB');
  }
  const info = { service, name, workDirectory, space, heldBytesMax: 2 * options.part_size };
  const network = readNetwork(options, source);
  return {
    info,
    options,
    tokens: await gdriveTokens(info, { ...source, network }),
    client: httpClient(options.endpoint, { network }),
    parameters: {},
    meaningOf,
    topId,
    top: { driveId: drive },
    memory: pathMemory(),
    searches: new Map(),
    spareIds: [],
  };
}

/** Where `path` lies. `Usage` when there can be no such object. */
export function placeOf(
  context: GdriveContext,
  call: { readonly operation: string; readonly path: string },
): Place {
  const { info } = context;
  const path = normalizePath(call.path, info.workDirectory);
  const key = keyOf(context, path);
  const refuse = (state: string) =>
    storeError(info, { kind: "Usage", operation: call.operation, path, state });
  const names = key.split("/");
  if (Buffer.byteLength(key) > PATH_BYTES_MAX)
    throw refuse(`the path is longer than ${PATH_BYTES_MAX} bytes`);
  if (names.length > LEVELS_MAX) throw refuse(`the path is deeper than ${LEVELS_MAX} levels`);
  if (names.some((name) => Buffer.byteLength(name) > NAME_BYTES_MAX)) {
    throw refuse(`a name in it is longer than ${NAME_BYTES_MAX} bytes`);
  }
  return { path, key };
}

/** As {@link placeOf}, for a directory, which may be the work directory itself. */
export function directoryOf(context: GdriveContext, directory: string): Place {
  const path = normalizePrefix(directory, context.info.workDirectory);
  return { path, key: keyOf(context, path) };
}

/** The key of the work directory; empty for the top. */
export function baseKey({ info }: GdriveContext): string {
  return info.workDirectory.slice(1, -1);
}

/** The key of the directory around it. */
export function parentKey(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}

/** The name that what lies at `key` has in Drive. */
export function nameIn(key: string): string {
  return driveName(key.slice(key.lastIndexOf("/") + 1));
}

/** An id for a new file: what is made with it can be made only once, however often the request is sent. */
export async function newId(context: GdriveContext, call: HttpCall): Promise<string> {
  const { spareIds } = context;
  if (spareIds.length === 0) {
    const answer = await googleRequest(context, call, {
      method: "GET",
      path: `${FILES}/generateIds`,
      query: { count: String(IDS_AT_ONCE), space: "drive" },
    });
    const { ids } = await answerJson(context.info, call, { answer });
    spareIds.push(...(Array.isArray(ids) ? ids.map(String) : []).slice(0, IDS_AT_ONCE));
  }
  const id = spareIds.pop();
  if (id !== undefined) return id;
  throw gdriveError(context, call, { kind: "Unexpected", state: "the service gives no ids for new files" });
}

/** The error of a call. */
export function gdriveError(
  { info }: GdriveContext,
  call: HttpCall,
  fault: Meaning & { readonly state: string },
): JcsError {
  return storeError(info, { ...call, ...fault });
}

function keyOf(context: GdriveContext, path: string): string {
  return [baseKey(context), path].filter((part) => part !== "").join("/");
}

const RATE: Meaning = { kind: "Throttled", retry: "later" };
const FULL: Meaning = { kind: "NoSpace", state: "the drive, the folder or the quota is full" };
const DEEP: Meaning = { kind: "Usage", state: "the path is deeper than Google allows" };

/** What the reasons that Google gives mean. Source: Google Drive API, "Resolve errors". */
const REASONS: Readonly<Record<string, Meaning>> = {
  rateLimitExceeded: RATE,
  userRateLimitExceeded: RATE,
  sharingRateLimitExceeded: RATE,
  dailyLimitExceeded: { kind: "Throttled", state: "the daily limit of the project is used up" },
  backendError: { kind: "Unreachable", retry: "later" },
  internalError: { kind: "Unreachable", retry: "later" },
  storageQuotaExceeded: FULL,
  quotaExceeded: FULL,
  teamDriveFileLimitExceeded: FULL,
  numChildrenInNonRootLimitExceeded: FULL,
  activeItemCreationLimitExceeded: FULL,
  teamDriveHierarchyTooDeep: DEEP,
  myDriveHierarchyDepthLimitExceeded: DEEP,
  fileNotDownloadable: { kind: "Unsupported", state: "the file has no bytes of its own" },
  cannotDownloadAbusiveFile: {
    kind: "PermissionDenied",
    state: "Google takes the file for malware and does not hand it out",
  },
  accessNotConfigured: {
    kind: "PermissionDenied",
    state: "the Drive API is not enabled in the project of the credential",
  },
  insufficientPermissions: {
    kind: "PermissionDenied",
    state: "the credential was given without access to files; log in again with the scope of Drive",
  },
};

function meaningOf({ status, reason }: GoogleRefusal): Meaning | undefined {
  if (status === 409) return { kind: "AlreadyExists", state: "the id is in use" };
  return REASONS[reason];
}
