import { googleRequest } from "../../google/google_request.ts";
import { discard } from "../../http/http_client.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, asRecord, type JsonRecord } from "../../http/http_json.ts";
import type { ObjectMeta } from "../../store.ts";
import { FILES, type GdriveContext, gdriveError } from "./gdrive_context.ts";

/** The type of a folder, and of a link to another file. */
export const FOLDER_TYPE = "application/vnd.google-apps.folder";
export const SHORTCUT_TYPE = "application/vnd.google-apps.shortcut";
const GOOGLE_TYPES = "application/vnd.google-apps.";

/** What jcs asks about a file. */
export const FILE_FIELDS =
  "id,name,mimeType,size,md5Checksum,createdTime,modifiedTime,headRevisionId,parents,trashed,appProperties,shortcutDetails(targetId),capabilities(canReadRevisions)";
/** What it asks about each of many. */
export const LIST_FIELDS =
  "id,name,mimeType,size,md5Checksum,createdTime,modifiedTime,headRevisionId,parents,trashed,explicitlyTrashed";

/** A file of Drive, as it says itself. */
export interface DriveFile {
  readonly id: string;
  readonly name: string;
  /** `document`: one that Google's own editors keep, which has no bytes. */
  readonly kind: "file" | "directory" | "link" | "document";
  readonly mimeType: string;
  readonly parents: readonly string[];
  readonly trashed: boolean;
  /** It is in the trash itself, and not only because a folder around it is. */
  readonly trashedItself: boolean;
  /** In milliseconds since 1970; never changes. */
  readonly createdAtMs: number;
  readonly modifiedAt: Date | undefined;
  readonly size: number | undefined;
  /** In hexadecimal digits. */
  readonly md5: string | undefined;
  /** The version of the bytes. */
  readonly revision: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
  /** Of a link. */
  readonly targetId: string | undefined;
  /** Whether the user may read one version by its name. */
  readonly readsRevisions: boolean;
}

/** A file of an answer. `Unexpected` when it is none. */
export function driveFile(context: GdriveContext, call: HttpCall, fields: JsonRecord): DriveFile {
  const { id, name, mimeType } = fields;
  if (typeof id !== "string" || typeof name !== "string" || typeof mimeType !== "string") {
    throw gdriveError(context, call, {
      kind: "Unexpected",
      state: "the answer is not what Drive should send",
    });
  }
  const text = (key: string) => (typeof fields[key] === "string" ? String(fields[key]) : undefined);
  const parents = fields["parents"];
  const targetId = asRecord(fields["shortcutDetails"])["targetId"];
  const modifiedAt = new Date(text("modifiedTime") ?? Number.NaN);
  const size = text("size");
  return {
    id,
    name,
    mimeType,
    kind: kindOf(mimeType),
    parents: Array.isArray(parents) ? parents.map(String) : [],
    trashed: fields["trashed"] === true,
    trashedItself: fields["explicitlyTrashed"] === true,
    createdAtMs: Date.parse(text("createdTime") ?? "") || 0,
    modifiedAt: Number.isNaN(modifiedAt.getTime()) ? undefined : modifiedAt,
    size: size !== undefined && /^\d{1,16}$/.test(size) ? Number(size) : undefined,
    md5: text("md5Checksum"),
    revision: text("headRevisionId"),
    properties: Object.fromEntries(
      Object.entries(asRecord(fields["appProperties"])).map(([key, value]) => [key, String(value)]),
    ),
    targetId: typeof targetId === "string" ? targetId : undefined,
    readsRevisions: asRecord(fields["capabilities"])["canReadRevisions"] === true,
  };
}

/** What Drive says of the file `id` now; `undefined` when there is none. This is always up to date. */
export async function getFile(
  context: GdriveContext,
  call: HttpCall,
  id: string,
): Promise<DriveFile | undefined> {
  const answer = await googleRequest(context, call, {
    method: "GET",
    path: filePath(id),
    query: { fields: FILE_FIELDS, supportsAllDrives: "true" },
    accept: [404],
  });
  if (answer.status !== 404)
    return driveFile(context, call, await answerJson(context.info, call, { answer }));
  discard(answer);
  return undefined;
}

/** The address of a file. */
export function filePath(id: string): string {
  return `${FILES}/${encodeURIComponent(id)}`;
}

/** Orders files of one name: the one that was made last comes first, and is the object. It depends on nothing that changes, so that all who see the same
 *  files agree. */
export function newestFirst(left: DriveFile, right: DriveFile): number {
  return right.createdAtMs - left.createdAtMs || (left.id < right.id ? 1 : -1);
}

/** A file as an object. */
export function metaOf(path: string, file: DriveFile): ObjectMeta {
  const { kind, size, modifiedAt, mimeType, properties } = file;
  const time = modifiedAt === undefined ? {} : { modifiedAt };
  if (kind !== "file") return { path, kind: kind === "directory" ? kind : "link", ...time };
  const etag = tagOf(file);
  return {
    path,
    kind,
    ...time,
    ...(size === undefined ? {} : { size }),
    ...(etag === undefined ? {} : { etag }),
    contentType: mimeType,
    metadata: properties,
  };
}

/** The tag of the version that a file has. */
export function tagOf({ revision, md5 }: DriveFile): string | undefined {
  return revision ?? md5;
}

function kindOf(mimeType: string): DriveFile["kind"] {
  if (mimeType === FOLDER_TYPE) return "directory";
  if (mimeType === SHORTCUT_TYPE) return "link";
  return mimeType.startsWith(GOOGLE_TYPES) ? "document" : "file";
}
