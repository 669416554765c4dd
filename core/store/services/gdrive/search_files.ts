import { googleRequest } from "../../google/google_request.ts";
import type { HttpCall } from "../../http/http_error.ts";
import { answerJson, asRecord } from "../../http/http_json.ts";
import { nextPage } from "../../http/next_page.ts";
import { type DriveFile, driveFile, FILE_FIELDS, getFile, LIST_FIELDS } from "./drive_file.ts";
import { FILES, type GdriveContext, gdriveError } from "./gdrive_context.ts";

/** Most entries of one page, which is what Google allows. */
const PAGE_ENTRIES = 1000;
/** Files of one name in one place that are looked at. */
const SAME_NAME_MAX = 1000;
/** The last files of a folder that are looked through for one that searches by name do not find yet. */
const RECENT_ENTRIES = 100;

/** Everything in the folders that is not in the trash, page by page, ordered by name, of one name the newest first. */
export async function* filesIn(
  context: GdriveContext,
  call: HttpCall,
  folders: readonly string[],
): AsyncIterable<readonly DriveFile[]> {
  const search = { q: inFolders(folders), orderBy: "name,createdTime desc", fields: LIST_FIELDS };
  yield* pagesOf(context, call, { ...search, entries: PAGE_ENTRIES });
}

/** What is called `name` in the folders, files and folders, in no order.
 *
 *  Searches by name lag behind: the files `hints` are looked at even when they are not found. With `thorough`, where nothing was found, the newest files in the
 *  folders are looked through, which Google lists without a lag. */
export async function filesNamed(
  context: GdriveContext,
  call: HttpCall,
  wanted: {
    readonly folders: readonly string[];
    readonly name: string;
    readonly hints: readonly string[];
    readonly thorough: boolean;
  },
): Promise<readonly DriveFile[]> {
  const { folders, name, hints } = wanted;
  const found: DriveFile[] = [];
  const q = `${inFolders(folders)} and name = ${quoted(name)}`;
  for await (const page of pagesOf(context, call, { q, fields: FILE_FIELDS, entries: SAME_NAME_MAX })) {
    // Google takes some names for the same that are not.
    found.push(...page.filter((file) => isAt(file, { folders, name })));
    if (found.length >= SAME_NAME_MAX) break;
  }
  const missing = hints.filter((id) => !found.some((file) => file.id === id));
  for (const file of await Promise.all(missing.map((id) => getFile(context, call, id)))) {
    if (file !== undefined && isAt(file, { folders, name })) found.push(file);
  }
  if (found.length === 0 && wanted.thorough) {
    found.push(
      ...(await newestFiles(context, call, folders)).filter((file) => isAt(file, { folders, name })),
    );
  }
  return found.filter(({ id }) => !context.memory.wasRemoved(id));
}

/** The newest files in the folders. */
export async function newestFiles(
  context: GdriveContext,
  call: HttpCall,
  folders: readonly string[],
): Promise<readonly DriveFile[]> {
  const search = { q: inFolders(folders), orderBy: "createdTime desc", fields: FILE_FIELDS };
  const newest: DriveFile[] = [];
  for await (const page of pagesOf(context, call, { ...search, entries: RECENT_ENTRIES })) {
    newest.push(...page);
    if (newest.length >= RECENT_ENTRIES) break;
  }
  return newest;
}

/** Everything in the folders, also what is in the trash, page by page. */
export async function* childrenOf(
  context: GdriveContext,
  call: HttpCall,
  folders: readonly string[],
): AsyncIterable<readonly DriveFile[]> {
  const search = { q: parentsOf(folders), fields: LIST_FIELDS, entries: PAGE_ENTRIES };
  yield* pagesOf(context, call, search);
}

/** Whether this is a file in one of the folders, under this name, and not in the trash. */
export function isAt(
  file: DriveFile,
  place: { readonly folders: readonly string[]; readonly name: string },
): boolean {
  const { folders, name } = place;
  return !file.trashed && file.name === name && file.parents.some((parent) => folders.includes(parent));
}

async function* pagesOf(
  context: GdriveContext,
  call: HttpCall,
  search: {
    readonly q: string;
    readonly fields: string;
    readonly entries: number;
    readonly orderBy?: string;
  },
): AsyncIterable<readonly DriveFile[]> {
  const { q, fields, entries, orderBy } = search;
  const { driveId } = context.top;
  let pageToken: string | undefined;
  do {
    const answer = await googleRequest(context, call, {
      method: "GET",
      path: FILES,
      query: {
        q,
        fields: `nextPageToken,incompleteSearch,files(${fields})`,
        orderBy,
        pageSize: String(entries),
        pageToken,
        spaces: "drive",
        supportsAllDrives: "true",
        includeItemsFromAllDrives: "true",
        ...(driveId === undefined ? {} : { corpora: "drive", driveId }),
      },
    });
    const { files, incompleteSearch, nextPageToken } = await answerJson(context.info, call, { answer });
    if (!Array.isArray(files)) {
      throw gdriveError(context, call, {
        kind: "Unexpected",
        state: "the answer is not the list that Drive should send",
      });
    }
    if (incompleteSearch === true) {
      const state = "Google has searched only a part of the drive";
      throw gdriveError(context, call, { kind: "Unreachable", retry: "later", state });
    }
    yield files.map((fields) => driveFile(context, call, asRecord(fields)));
    pageToken = nextPage(context.info, call, { before: pageToken, next: nextPageToken });
  } while (pageToken !== undefined);
}

function inFolders(folders: readonly string[]): string {
  return `${parentsOf(folders)} and trashed = false`;
}

function parentsOf(folders: readonly string[]): string {
  const terms = folders.map((id) => `${quoted(id)} in parents`);
  return terms.length === 1 ? (terms[0] ?? "") : `(${terms.join(" or ")})`;
}

/** A text in a query. Source: Google Drive API, "Search for files and folders". */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
