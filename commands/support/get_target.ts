import { realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { JcsError } from "../../core/errors.ts";
import { localError, systemCode } from "../../core/local/local_error.ts";
import { localTree } from "../../core/local/local_path_below.ts";
import type { Edge } from "../command.ts";

/** What `get` fetches: one file, or one of a tree or of what a glob matches. */
export interface GetItem {
  readonly selection:
    | { readonly kind: "object" | "glob" | "bucket" }
    | { readonly kind: "tree"; readonly base: string };
  /** Its path below what was selected, or its last name. */
  readonly relative: string;
}

/** The local place for one object. */
export interface LocalTarget {
  readonly file: string;
  /** How many names at the end of `file` are the object's, and not the user's word. */
  readonly names: number;
  /** A device or pipe: written to as it is. */
  readonly special: boolean;
}

/** Decides where `get` writes each object; see its help for the rules.
 *
 *  Directories are created on the way. Names of objects never lead out of LOCAL (see {@link localTree}); LOCAL itself is the user's word,
 *  and a link there is followed. */
export async function createGetTarget(
  edge: Edge,
  options: { readonly local: string; readonly several: boolean },
): Promise<(item: GetItem) => Promise<LocalTarget>> {
  const { local, several } = options;
  const root = resolve(edge.directory, local);
  const into = /[/\\]$/.test(local) || /(^|[/\\])\.\.?$/.test(local);
  const found = await stat(root).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw localError(error, { action: "write", file: local });
  });
  const tree = localTree(root);

  return async ({ selection, relative }) => {
    const alone = selection.kind === "object" && !several && !into && !found?.isDirectory();
    if (alone) {
      if (found !== undefined && !found.isFile()) return { file: root, names: 1, special: true };
      return { file: await singleFile(root), names: 1, special: false };
    }
    if (found !== undefined && !found.isDirectory()) {
      throw new JcsError(
        "AlreadyExists",
        `Cannot write into ${JSON.stringify(local)}: it is not a directory`,
        {
          where: { operation: "write", path: root },
        },
      );
    }
    const base = selection.kind === "tree" && (into || several) ? selection.base : "";
    const below = base === "" ? relative : `${base}/${relative}`;
    return { file: await tree.prepare(below), names: below.split("/").length, special: false };
  };
}

/** The file at `root`, or where a link there leads; its directory is created. */
async function singleFile(root: string): Promise<string> {
  const file = await realpath(root).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return root;
    throw localError(error, { action: "write", file: root });
  });
  // The parents are as much the user's word as the file: links among them are followed.
  await localTree(dirname(file)).prepare(basename(file));
  return file;
}
