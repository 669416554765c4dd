import { randomBytes } from "node:crypto";
import { plainQuickXorHash } from "./plain_quick_xor_hash.ts";

/** Thrown for what the service would refuse: with a status, its word and a more detailed word. */
export class GraphRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;

  constructor(status: number, code: string, detail?: string) {
    super(`words about ${code}`);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** One file or folder of a fake drive. */
export interface FakeItem {
  readonly id: string;
  name: string;
  parent: FakeItem | undefined;
  /** Of a file. */
  bytes: Buffer | undefined;
  /** Of a folder, by names in lower case. */
  readonly children: Map<string, FakeItem> | undefined;
  /** Counts changes of content, and of anything. */
  content: number;
  version: number;
  time: number;
  /** A shortcut to another drive. */
  remote: boolean;
}

const RESERVED = /^(?:\.lock|con|prn|aux|nul|com\d|lpt\d|desktop\.ini)$/i;

/** Refuses names that OneDrive or SharePoint refuses.
 *  Source: Microsoft Support, "Restrictions and limitations in OneDrive and SharePoint". */
export function checkName(name: string, isTop: boolean): void {
  const isWrong =
    name === "" ||
    /["*:<>?/\\|\u0000-\u001f\u007f]/.test(name) ||
    /^[ ~]|[ .]$/.test(name) ||
    RESERVED.test(name) ||
    /_vti_/i.test(name) ||
    (isTop && /^forms$/i.test(name));
  if (isWrong) throw new GraphRefusal(400, "invalidRequest", "invalidPath");
  if (name.length > 255) throw new GraphRefusal(400, "invalidRequest", "parameterIsTooLong");
}

/** Makes an item that is nowhere yet; a folder without `bytes`. */
export function newItem(name: string, bytes?: Buffer): FakeItem {
  const children = bytes === undefined ? new Map<string, FakeItem>() : undefined;
  const id = `01${randomBytes(8).toString("hex").toUpperCase()}!${Math.floor(Math.random() * 1000)}`;
  return {
    ...{ id, name, parent: undefined, bytes, children, content: 1, version: 1, remote: false },
    time: Date.now(),
  };
}

/** What is at a path from `top`, if anything; letter case does not matter. */
export function itemAt(top: FakeItem, path: string): FakeItem | undefined {
  let item: FakeItem | undefined = top;
  for (const name of path.split("/").filter((part) => part !== "")) {
    item = item?.children?.get(name.toLowerCase());
  }
  return item;
}

/** The path of an item from the root. */
export function pathOf(item: FakeItem): string {
  return item.parent === undefined ? "" : `${pathOf(item.parent)}/${item.name}`;
}

/** Puts an item into a folder under its name. What stands there already is replaced or in the way, as the behavior says. */
export function place(item: FakeItem, folder: FakeItem, behavior: unknown): void {
  if (folder.children === undefined) throw new GraphRefusal(409, "invalidRequest", "itemTypeDoesNotMatch");
  checkName(item.name, folder.parent === undefined);
  if (pathOf(folder).length + item.name.length > 400)
    throw new GraphRefusal(400, "invalidRequest", "pathIsTooLong");
  const there = folder.children.get(item.name.toLowerCase());
  if (there !== undefined && there !== item) {
    const mayReplace = behavior === "replace" && there.children === undefined && item.children === undefined;
    if (!mayReplace) throw new GraphRefusal(409, "nameAlreadyExists");
  }
  takeOut(item);
  folder.children.set(item.name.toLowerCase(), item);
  item.parent = folder;
  for (let above: FakeItem | undefined = folder; above !== undefined; above = above.parent)
    above.content += 1;
}

/** Takes an item out of its folder. */
export function takeOut(item: FakeItem): void {
  const siblings = item.parent?.children;
  for (const [key, sibling] of siblings ?? []) if (sibling === item) siblings?.delete(key);
  item.parent = undefined;
}

/** Gives a file its content: a new one, or the one that is there when it may be replaced. */
export function store(
  folder: FakeItem,
  file: { readonly name: string; readonly bytes: Buffer; readonly behavior: unknown },
): { readonly item: FakeItem; readonly isNew: boolean } {
  const there = folder.children?.get(file.name.toLowerCase());
  if (there === undefined || file.behavior !== "replace" || there.bytes === undefined) {
    const item = newItem(file.name, file.bytes);
    place(item, folder, "fail");
    return { item, isNew: true };
  }
  Object.assign(there, {
    bytes: file.bytes,
    content: there.content + 1,
    version: there.version + 1,
    time: Date.now(),
  });
  return { item: there, isNew: false };
}

/** The tags of an item: of all that is known of it, and of its content or of what is in it. */
export function tagsOf(
  item: FakeItem,
  kind: "personal" | "business",
): { readonly eTag: string; readonly cTag?: string } {
  const cTag = { cTag: `"c:{${item.id}},${item.content}"` };
  return { eTag: `"{${item.id}},${item.version}"`, ...(kind === "business" && item.children ? {} : cTag) };
}

const hashesKnown = new WeakMap<Buffer, string>();

function hashOf(bytes: Buffer): string {
  const hash = hashesKnown.get(bytes) ?? plainQuickXorHash(bytes);
  hashesKnown.set(bytes, hash);
  return hash;
}

/** An item as the service describes it, with the members that are asked for. */
export function describeItem(
  item: FakeItem,
  drive: {
    readonly kind: "personal" | "business";
    readonly downloadUrl: string;
    readonly select: string | null;
  },
): Record<string, unknown> {
  const { bytes, children, parent } = item;
  const hashes = bytes === undefined ? {} : { quickXorHash: hashOf(bytes) };
  const all: Record<string, unknown> = {
    id: item.id,
    name: parent === undefined ? "root" : item.name,
    size: bytes?.length ?? 0,
    ...tagsOf(item, drive.kind),
    lastModifiedDateTime: new Date(item.time).toISOString(),
    parentReference: {
      driveId: "drive-1",
      ...(parent === undefined ? {} : { id: parent.id, path: `/drive/root:${pathOf(parent)}` }),
    },
    ...(item.remote ? { remoteItem: { id: "elsewhere", folder: {} } } : {}),
    ...(bytes !== undefined && !item.remote
      ? {
          file: { mimeType: "application/octet-stream", hashes },
          "@microsoft.graph.downloadUrl": drive.downloadUrl,
        }
      : {}),
    ...(children !== undefined ? { folder: { childCount: children.size } } : {}),
  };
  if (drive.select === null) return all;
  const wanted = new Set(drive.select.split(","));
  for (const key of wanted) {
    const known = [
      ...Object.keys(all),
      "file",
      "folder",
      "package",
      "remoteItem",
      "cTag",
      "@microsoft.graph.downloadUrl",
    ];
    if (!known.includes(key)) throw new GraphRefusal(400, "invalidRequest", "invalidQueryOption");
  }
  return Object.fromEntries(Object.entries(all).filter(([key]) => wanted.has(key)));
}
