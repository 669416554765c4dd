import { createHash } from "node:crypto";

/** A file or a folder of the fake. */
export type Entry =
  | {
      readonly kind: "file";
      readonly display: string;
      readonly bytes: Buffer;
      readonly rev: string;
      readonly modified: number;
    }
  | { readonly kind: "folder"; readonly display: string };

/** Thrown for what Dropbox refuses with status 409: tags from the outer to the inner one. */
export class Refused extends Error {
  readonly tags: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(tags: readonly string[], fields: Readonly<Record<string, unknown>> = {}) {
    super(tags.join("/"));
    this.tags = tags;
    this.fields = fields;
  }
}

/** Thrown for what is no right request at all: status 400 with words. */
export class Malformed extends Error {}

/** The files of one namespace. */
export interface FakeTree {
  readonly entries: Map<string, Entry>;
  find(path: string, outer: string): Entry;
  /** Writes a file as a `CommitInfo` says. `outer`: the tags around those of a `WriteError`. */
  commit(info: Readonly<Record<string, unknown>>, bytes: Buffer, outer: readonly string[]): Entry;
  makeFolder(path: string, outer: readonly string[]): Entry;
  remove(path: string, rev: unknown): Entry;
  relocate(from: string, to: string, how: "copy" | "move"): Entry;
  /** Everything below a folder, and for `recursive` the folder itself before it. */
  below(path: string, recursive: boolean): readonly string[];
}

const IGNORED =
  /^(desktop\.ini|thumbs\.db|\.ds_store|icon\r|\.dropbox|\.dropbox\.attr)$|^~\$|^\.~|^~.*\.tmp$/i;

/** Makes a tree without files. */
export function fakeTree(): FakeTree {
  const entries = new Map<string, Entry>();
  let revisions = 0x5c1d00000000;
  const newRev = () => (++revisions).toString(16);
  const tree: FakeTree = {
    entries,
    find(path, outer) {
      // Dropbox itself does not find files by names in decomposed characters.
      const found = path === path.normalize("NFC") ? entries.get(path.toLowerCase()) : undefined;
      if (found === undefined) throw new Refused([outer, "not_found"]);
      return found;
    },
    commit(info, bytes, outer) {
      const path = checkedPath(info["path"], outer);
      const there = entries.get(keyOf(path));
      const { mode = "add" } = info;
      if (there?.kind === "folder") throw new Refused([...outer, "conflict", "folder"]);
      const same = there?.kind === "file" && there.bytes.equals(bytes);
      if (there !== undefined && same && info["strict_conflict"] !== true) return there;
      if (there !== undefined && mode !== "overwrite") throw new Refused([...outer, "conflict", "file"]);
      makeParents(path, outer);
      const made: Entry = {
        kind: "file",
        display: there?.display ?? path.normalize("NFC"),
        bytes,
        rev: newRev(),
        modified: Date.now(),
      };
      entries.set(keyOf(path), made);
      return made;
    },
    makeFolder(path, outer) {
      checkedPath(path, outer);
      const there = entries.get(keyOf(path));
      if (there !== undefined) throw new Refused([...outer, "conflict", there.kind]);
      makeParents(path, outer);
      const made: Entry = { kind: "folder", display: path.normalize("NFC") };
      entries.set(keyOf(path), made);
      return made;
    },
    remove(path, rev) {
      const found = tree.find(path, "path_lookup");
      if (rev !== undefined && (found.kind === "folder" || found.rev !== rev)) {
        throw new Refused(["path_write", "conflict", found.kind]);
      }
      for (const key of [...entries.keys()]) {
        if (key === path.toLowerCase() || key.startsWith(`${path.toLowerCase()}/`)) entries.delete(key);
      }
      return found;
    },
    relocate(from, to, how) {
      const found = tree.find(from, "from_lookup");
      checkedPath(to, ["to"]);
      if (keyOf(from) === keyOf(to) || keyOf(to).startsWith(`${keyOf(from)}/`)) {
        throw new Refused(["duplicated_or_nested_paths"]);
      }
      const there = entries.get(keyOf(to));
      if (there !== undefined) throw new Refused(["to", "conflict", there.kind]);
      makeParents(to, ["to"]);
      const depth = found.display.length;
      for (const [key, entry] of [...entries]) {
        if (key !== keyOf(from) && !key.startsWith(`${keyOf(from)}/`)) continue;
        const display = to.normalize("NFC") + entry.display.slice(depth);
        entries.set(
          keyOf(display),
          entry.kind === "file" ? { ...entry, display, rev: newRev() } : { ...entry, display },
        );
        if (how === "move") entries.delete(key);
      }
      return tree.find(to.normalize("NFC"), "to");
    },
    below(path, recursive) {
      const key = path.toLowerCase();
      if (path !== "" && tree.find(path, "path").kind === "file") throw new Refused(["path", "not_folder"]);
      const inside = [...entries.keys()].filter(
        (each) => each.startsWith(`${key}/`) && (recursive || !each.slice(key.length + 1).includes("/")),
      );
      return recursive && path !== "" ? [key, ...inside] : inside;
    },
  };
  const makeParents = (path: string, outer: readonly string[]) => {
    const names = path.split("/");
    for (let depth = 2; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join("/");
      const there = entries.get(keyOf(parent));
      if (there?.kind === "file") throw new Refused([...outer, "conflict", "file_ancestor"]);
      if (there === undefined)
        entries.set(keyOf(parent), { kind: "folder", display: parent.normalize("NFC") });
    }
  };
  return tree;
}

/** What the service says of an entry. */
export function metadata(entry: Entry, tagged = true): Record<string, unknown> {
  const { display, kind } = entry;
  const common = {
    ...(tagged ? { ".tag": kind } : {}),
    name: display.slice(display.lastIndexOf("/") + 1),
    path_lower: keyOf(display),
    path_display: display,
    id: `id:${createHash("md5").update(keyOf(display)).digest("hex").slice(0, 22)}`,
  };
  if (entry.kind === "folder") return common;
  const modified = `${new Date(entry.modified).toISOString().slice(0, 19)}Z`;
  return {
    ...common,
    client_modified: modified,
    server_modified: modified,
    rev: entry.rev,
    size: entry.bytes.length,
    is_downloadable: true,
    content_hash: hashOf(entry.bytes),
  };
}

/** Dropbox's hash of a content, block by block. */
export function hashOf(bytes: Buffer): string {
  const blocks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += 4_194_304) {
    blocks.push(
      createHash("sha256")
        .update(bytes.subarray(start, start + 4_194_304))
        .digest(),
    );
  }
  return createHash("sha256").update(Buffer.concat(blocks)).digest("hex");
}

function keyOf(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

function checkedPath(path: unknown, outer: readonly string[]): string {
  if (typeof path !== "string" || !/^\/[\s\S]/.test(path))
    throw new Malformed("path: did not match the pattern");
  for (const name of path.slice(1).split("/")) {
    if (name === "" || name === "." || name === ".." || name.length > 255 || /[\\\0\x7f]| $/.test(name)) {
      throw new Refused([...outer, "malformed_path"]);
    }
    if (IGNORED.test(name)) throw new Refused([...outer, "disallowed_name"]);
  }
  return path;
}
