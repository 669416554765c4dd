import { randomBytes } from "node:crypto";
import { addItem, addRevision, FOLDER, type Item, newItem, type Tree } from "./fake_gdrive_tree.ts";
import { Refusal } from "./fake_google_auth.ts";

const PROPERTIES_MAX = 30;
const PROPERTY_BYTES_MAX = 124;

/** The members of a JSON body. */
export type Fields = Record<string, unknown>;

/** Makes a file without bytes. Refuses ids that were not given out, or are in use (409). */
export function createItem(tree: Tree, fields: Fields): Item {
  allow(fields, ["id", "name", "mimeType", "parents", "appProperties", "shortcutDetails"]);
  const { name = "Untitled", mimeType = "application/octet-stream", parents = [tree.rootId] } = fields;
  const id = freshId(tree, fields["id"]);
  const driveId = tree.items.get((parents as string[])[0] ?? "")?.driveId;
  const item = newItem({
    id,
    name: tree.trimsNames ? String(name).trim() : String(name),
    mimeType: typed(mimeType),
    parents: parents as string[],
    driveId,
  });
  setProperties(item, fields["appProperties"]);
  return addItem(tree, item);
}

/** The id for a new file. */
export function freshId(tree: Tree, given: unknown): string {
  if (given === undefined) return `1own${randomBytes(14).toString("hex")}`;
  if (tree.items.has(String(given)))
    throw new Refusal(409, "fileIdInUse", "A file already exists with the provided ID.");
  if (!tree.generated.has(String(given)))
    throw new Refusal(400, "invalid", "The provided file ID is not usable.");
  return String(given);
}

/** Changes what is known of a file, its name and its parent. */
export function updateItem(
  tree: Tree,
  item: Item,
  { query, fields }: { readonly query: URLSearchParams; readonly fields: Fields },
): Item {
  allow(fields, ["name", "mimeType", "trashed", "appProperties"]);
  const left = item.parents.filter((id) => !(query.get("removeParents") ?? "").split(",").includes(id));
  const parents = [...left, ...(query.get("addParents") ?? "").split(",").filter((id) => id !== "")];
  if (parents.length !== 1) throw new Refusal(403, "cannotAddParent", "A file has one parent");
  if (tree.items.get(parents[0] ?? "")?.mimeType !== FOLDER)
    throw new Refusal(404, "notFound", "File not found: parent.");
  item.parents = parents;
  if (fields["name"] !== undefined) item.name = String(fields["name"]);
  if (fields["mimeType"] !== undefined) item.mimeType = typed(fields["mimeType"]);
  if (fields["trashed"] !== undefined) item.explicitlyTrashed = fields["trashed"] === true;
  setProperties(item, fields["appProperties"]);
  return item;
}

/** Copies a file with its bytes. */
export function copyItem(tree: Tree, source: Item, fields: Fields): Item {
  allow(fields, ["id", "name", "parents", "mimeType", "appProperties"]);
  const head = source.revisions.at(-1);
  if (head === undefined) throw new Refusal(403, "cannotCopyFile", "This file cannot be copied by the user.");
  const made = createItem(tree, {
    mimeType: source.mimeType,
    parents: source.parents,
    name: `Copy of ${source.name}`,
    ...fields,
  });
  addRevision(made, head.bytes);
  return made;
}

function allow(fields: Fields, names: readonly string[]): void {
  for (const name of Object.keys(fields)) {
    if (!names.includes(name)) throw new Refusal(403, "fieldNotWritable", `${name} cannot be written`);
  }
}

function typed(type: unknown): string {
  if (typeof type === "string" && /^[\w.+-]+\/[\w.+-]+(; ?\w+=[\w-]+)*$/.test(type)) return type;
  throw new Refusal(400, "badRequest", "Invalid MIME type");
}

function setProperties(item: Item, given: unknown): void {
  const merged: Record<string, string> = { ...item.properties };
  for (const [key, value] of Object.entries((given ?? {}) as Record<string, string | null>)) {
    if (value === null) delete merged[key];
    else if (Buffer.byteLength(key + value) > PROPERTY_BYTES_MAX)
      throw new Refusal(400, "invalid", "a property is too long");
    else merged[key] = value;
  }
  if (Object.keys(merged).length > PROPERTIES_MAX) throw new Refusal(400, "invalid", "too many properties");
  item.properties = merged;
}
