import { createHash, randomBytes } from "node:crypto";
import type { Maskable } from "./fake_gdrive_query.ts";
import { Refusal } from "./fake_google_auth.ts";

/** The types of files that are special in Drive. */
export const FOLDER = "application/vnd.google-apps.folder";
export const SHORTCUT = "application/vnd.google-apps.shortcut";
const LEVELS_MAX = 100;

/** One file of the fake, changed in place. */
export interface Item {
  readonly id: string;
  name: string;
  mimeType: string;
  parents: string[];
  readonly driveId: string | undefined;
  readonly createdTime: string;
  modifiedTime: string;
  explicitlyTrashed: boolean;
  properties: Record<string, string>;
  readonly revisions: { readonly id: string; readonly bytes: Buffer; readonly md5: string }[];
  readonly targetId: string | undefined;
}

/** The files of a fake, by id. */
export interface Tree {
  readonly items: Map<string, Item>;
  readonly rootId: string;
  /** Ids that were given out for new files. */
  readonly generated: Set<string>;
  /** Whether the user may read older versions of files. */
  readsRevisions: boolean;
  /** New files lose spaces at the ends of their names. (Drive is not known to do that.) */
  trimsNames: boolean;
}

/** Makes a drive with nothing but its top, and a shared drive. */
export function makeTree(): Tree & { readonly sharedDriveId: string } {
  const items = new Map<string, Item>();
  const rootId = `0A${randomBytes(8).toString("hex")}`;
  const sharedDriveId = `0B${randomBytes(8).toString("hex")}`;
  for (const id of [rootId, sharedDriveId]) {
    const driveId = id === sharedDriveId ? id : undefined;
    items.set(id, newItem({ id, name: "top", mimeType: FOLDER, parents: [], driveId }));
  }
  return { items, rootId, sharedDriveId, generated: new Set(), readsRevisions: true, trimsNames: false };
}

/** A new file without bytes. */
export function newItem(
  fields: Pick<Item, "id" | "name" | "mimeType" | "parents" | "driveId"> &
    Partial<Pick<Item, "properties" | "targetId">>,
): Item {
  const now = new Date().toISOString();
  return {
    properties: {},
    targetId: undefined,
    ...fields,
    createdTime: now,
    modifiedTime: now,
    explicitlyTrashed: false,
    revisions: [],
  };
}

/** Adds a file. Refuses a parent that is none, several parents, and what lies too deep. */
export function addItem(tree: Tree, item: Item): Item {
  const [parentId, ...more] = item.parents;
  if (more.length > 0) throw new Refusal(403, "cannotAddParent", "A file cannot have several parents");
  const parent = tree.items.get(parentId ?? "");
  if (parent === undefined) throw new Refusal(404, "notFound", `File not found: ${parentId}.`);
  if (parent.mimeType !== FOLDER) throw new Refusal(403, "parentNotAFolder", "The parent is not a folder");
  let levels = 1;
  for (let at: Item | undefined = parent; at !== undefined; at = tree.items.get(at.parents[0] ?? ""))
    levels += 1;
  if (levels > LEVELS_MAX + 2) throw new Refusal(403, "myDriveHierarchyDepthLimitExceeded", "Too deep");
  tree.items.set(item.id, item);
  return item;
}

/** Gives a file its next version. */
export function addRevision(item: Item, bytes: Buffer): void {
  const md5 = createHash("md5").update(bytes).digest("hex");
  item.revisions.push({ id: `rev-${randomBytes(8).toString("hex")}`, bytes: Buffer.from(bytes), md5 });
  item.modifiedTime = new Date().toISOString();
}

/** Whether a file is in the trash, itself or with a folder around it. */
export function isTrashed(tree: Tree, item: Item): boolean {
  for (let at: Item | undefined = item; at !== undefined; at = tree.items.get(at.parents[0] ?? "")) {
    if (at.explicitlyTrashed) return true;
  }
  return false;
}

/** Removes a file for ever, with all that is in it. */
export function deleteItem(tree: Tree, id: string): void {
  tree.items.delete(id);
  for (const item of [...tree.items.values()]) if (item.parents.includes(id)) deleteItem(tree, item.id);
}

/** A file as the protocol describes it. */
export function resourceOf(tree: Tree, item: Item): Record<string, unknown> {
  const head = item.revisions.at(-1);
  const { id, name, mimeType, parents, driveId, createdTime, modifiedTime, explicitlyTrashed, targetId } =
    item;
  return {
    kind: "drive#file",
    ...{ id, name, mimeType, createdTime, modifiedTime, explicitlyTrashed },
    ...(parents.length === 0 ? {} : { parents }),
    ...(driveId === undefined ? {} : { driveId }),
    trashed: isTrashed(tree, item),
    ...(Object.keys(item.properties).length === 0 ? {} : { appProperties: { ...item.properties } }),
    ...(targetId === undefined ? {} : { shortcutDetails: { targetId, targetMimeType: "text/plain" } }),
    capabilities: { canReadRevisions: tree.readsRevisions },
    ...(head === undefined
      ? {}
      : {
          headRevisionId: head.id,
          size: String(head.bytes.length),
          md5Checksum: head.md5,
        }),
  };
}

/** What masks may name of a file. */
export const FILE_MASK: Maskable = {
  ...{ kind: true, id: true, name: true, mimeType: true, parents: true, driveId: true, createdTime: true },
  ...{ modifiedTime: true, trashed: true, explicitlyTrashed: true, appProperties: true, size: true },
  ...{ md5Checksum: true, sha256Checksum: true, headRevisionId: true },
  shortcutDetails: { targetId: true, targetMimeType: true },
  capabilities: { canReadRevisions: true },
};
