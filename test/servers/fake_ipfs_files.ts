import { createHash } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const MISSING = "file does not exist";

/** An error in the words of kubo, which come with status 500. */
export class NodeError extends Error {}

type Item = Buffer | ReadonlyMap<string, string>;

function isFile(item: Item): item is Buffer {
  return item instanceof Buffer;
}

/** Contents by their identifiers, and the tree of names (MFS) that is one of them: every change makes new directories up to the root. */
export class FakeIpfsFiles {
  readonly #items = new Map<string, Item>();
  #root: string;

  constructor() {
    this.#root = this.#keep(new Map());
  }

  addContent(bytes: Buffer): string {
    return this.#keep(bytes);
  }

  contentOf(path: string): Buffer {
    const item = this.#itemOf(path.replace(/^\/ipfs\//, ""));
    if (!isFile(item)) throw new NodeError("this dag node is a directory");
    return item;
  }

  entriesOf(path: string): readonly object[] {
    const item = this.#itemOf(path.replace(/^\/ipfs\//, ""));
    if (isFile(item)) return [];
    return [...item].map(([Name, Hash]) => {
      const child = this.#itemOf(Hash);
      return { Name, Hash, Size: isFile(child) ? child.length : 0, Type: isFile(child) ? 2 : 1, Target: "" };
    });
  }

  stat(path: string): object {
    const cid = path.startsWith("/ipfs/") ? path.slice("/ipfs/".length) : this.#lookup(checked(path));
    const item = this.#itemOf(cid);
    return isFile(item)
      ? { Hash: cid, Size: item.length, CumulativeSize: item.length, Blocks: 0, Type: "file" }
      : { Hash: cid, Size: 0, CumulativeSize: item.size + 4, Blocks: item.size, Type: "directory" };
  }

  async copy(
    source: string,
    target: string,
    how: { readonly force: boolean; readonly parents: boolean; readonly between: () => Promise<void> },
  ): Promise<void> {
    const path = checked(target);
    const cid = source.startsWith("/ipfs/") ? source.slice("/ipfs/".length) : this.#lookup(checked(source));
    try {
      this.#itemOf(cid);
    } catch (error) {
      throw new NodeError(`cp: cannot get node from path ${source}: ${error}`);
    }
    if (how.parents) this.makeDirectory(parentOf(path), { parents: true });
    const there = this.#find(path);
    if (how.force && there !== undefined) {
      if (!isFile(this.#itemOf(there)))
        throw new NodeError(`cp: cannot unlink existing file: not a file: ${path}`);
      this.#set(path, undefined);
      await how.between();
    }
    if (this.#find(path) !== undefined)
      throw new NodeError(`cp: cannot put node in path ${path}: directory already has entry by that name`);
    this.#set(path, cid);
  }

  makeDirectory(given: string, { parents }: { readonly parents: boolean }): void {
    const path = checked(given);
    if (path === "/") return;
    const above = parentOf(path);
    const found = this.#find(path);
    if (found !== undefined) {
      if (parents && !isFile(this.#itemOf(found))) return;
      throw new NodeError("file already exists");
    }
    const parent = this.#find(above);
    if (parent === undefined) {
      if (!parents) throw new NodeError(MISSING);
      this.makeDirectory(above, { parents });
    } else if (isFile(this.#itemOf(parent))) throw new NodeError(`${above.slice(1)} was not a directory`);
    this.#set(path, this.#keep(new Map()));
  }

  remove(given: string, { recursive }: { readonly recursive: boolean }): void {
    const path = checked(given);
    if (path === "/") throw new NodeError("cannot delete root");
    if (isFile(this.#itemOf(this.#lookup(parentOf(path)))))
      throw new NodeError("expected *mfs.Directory, didn't get it. This is likely a race condition");
    const found = this.#lookup(path);
    if (!recursive && !isFile(this.#itemOf(found)))
      throw new NodeError("path is a directory, use -r to remove directories");
    this.#set(path, undefined);
  }

  collectGarbage(): number {
    const used = new Set<string>();
    const mark = (cid: string) => {
      used.add(cid);
      const item = this.#items.get(cid);
      if (item !== undefined && !isFile(item)) for (const child of item.values()) mark(child);
    };
    mark(this.#root);
    const unused = [...this.#items.keys()].filter((cid) => !used.has(cid));
    for (const cid of unused) this.#items.delete(cid);
    return unused.length;
  }

  paths(): readonly string[] {
    const below = (cid: string, path: string): string[] => {
      const item = this.#itemOf(cid);
      return isFile(item) ? [path] : [...item].flatMap(([name, child]) => below(child, `${path}/${name}`));
    };
    return below(this.#root, "");
  }

  #itemOf(cid: string): Item {
    const item = this.#items.get(cid);
    if (item !== undefined) return item;
    throw new NodeError(`block was not found locally (offline): ipld: could not find ${cid}`);
  }

  /** The identifier of what is at a path; throws in kubo's words when nothing is. */
  #lookup(path: string): string {
    let cid = this.#root;
    const names = path.split("/").filter((name) => name !== "");
    for (const [index, name] of names.entries()) {
      const item = this.#itemOf(cid);
      if (isFile(item))
        throw new NodeError(`cannot access ${names.slice(0, index + 1).join("/")}: Not a directory`);
      const child = item.get(name);
      if (child === undefined) throw new NodeError(MISSING);
      cid = child;
    }
    return cid;
  }

  #find(path: string): string | undefined {
    try {
      return this.#lookup(path);
    } catch (error) {
      if (error instanceof NodeError && error.message === MISSING) return undefined;
      if (error instanceof NodeError && /Not a directory/.test(error.message))
        throw new NodeError(`${parentOf(path).slice(1)} was not a directory`);
      throw error;
    }
  }

  #set(path: string, cid: string | undefined): void {
    if (path === "/") {
      this.#root = cid ?? this.#root;
      return;
    }
    const above = parentOf(path);
    const parent = this.#itemOf(this.#lookup(above));
    if (isFile(parent)) throw new NodeError(`${above} is not a directory`);
    const entries = new Map(parent);
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (cid === undefined) entries.delete(name);
    else entries.set(name, cid);
    this.#set(above, this.#keep(entries));
  }

  #keep(item: Item): string {
    const hash = createHash("sha256");
    if (isFile(item)) hash.update(item);
    else hash.update(JSON.stringify([...item]));
    // Version 1, raw or dag-pb, SHA-256.
    const bytes = Buffer.concat([Buffer.from([1, isFile(item) ? 0x55 : 0x70, 0x12, 32]), hash.digest()]);
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const cid = `b${bits
      .match(/.{1,5}/g)
      ?.map((five) => ALPHABET[Number.parseInt(five.padEnd(5, "0"), 2)])
      .join("")}`;
    this.#items.set(cid, item);
    return cid;
  }
}

/** A path as kubo cleans it. */
function checked(path: string): string {
  if (path === "") throw new NodeError("paths must not be empty");
  if (!path.startsWith("/")) throw new NodeError("paths must start with a leading slash");
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
