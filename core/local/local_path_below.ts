import { lstat, mkdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { JcsError } from "../errors.ts";
import { localError, systemCode } from "./local_error.ts";
import { removePartials } from "./remove_partials.ts";

/** Most directories that are remembered as checked. */
const CHECKED_MAX = 1024;

/** Names that Windows gives to devices, with any extension. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;
const WINDOWS_FORBIDDEN = /[\\:*?"<>|\u0000-\u001f]|[. ]$/;

/** Gives the files below one local directory that objects are written to. */
export interface LocalTree {
  /** The file for object path `path`, with the directories above it created.
   *
   *  Never leads out of the tree: a path with `..` or an empty segment is `Usage`, and so is a name that this platform cannot hold or
   *  would read as something else; a directory on the way that is a symbolic link is `PermissionDenied`, wherever it leads. (What
   *  another process puts there between this check and the write is not seen.) */
  prepare(path: string): Promise<string>;
}

/** Makes the {@link LocalTree} at `root`, which may itself be a link and is created when first needed. `windows` unless given: the
 *  platform at hand. `clean` is called once with each directory that was there before; {@link removePartials} unless given. */
export function localTree(
  root: string,
  options: { readonly windows?: boolean; readonly clean?: (directory: string) => Promise<void> } = {},
): LocalTree {
  const { windows = sep === "\\", clean = removePartials } = options;
  const checked = new Set<string>();

  async function ensureDirectory(directory: string): Promise<void> {
    if (checked.has(directory)) return;
    try {
      await mkdir(directory);
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw localError(error, { action: "create", file: directory });
      const found = await lstat(directory).catch((cause: unknown) => {
        throw localError(cause, { action: "read", file: directory });
      });
      if (found.isSymbolicLink()) throw refused(directory, "it is a symbolic link and may lead elsewhere");
      if (!found.isDirectory()) {
        throw new JcsError(
          "AlreadyExists",
          `Cannot create directory ${JSON.stringify(directory)}: a file has that name`,
        );
      }
      await clean(directory);
    }
    if (checked.size >= CHECKED_MAX) checked.clear();
    checked.add(directory);
  }

  return {
    async prepare(path) {
      const segments = path.split("/");
      for (const segment of segments) checkSegment(segment, { path, windows });
      if (!checked.has(root)) {
        const made = await mkdir(root, { recursive: true }).catch((error: unknown) => {
          throw localError(error, { action: "create", file: root });
        });
        if (made === undefined) await clean(root);
        checked.add(root);
      }
      let directory = root;
      for (const segment of segments.slice(0, -1)) {
        directory = join(directory, segment);
        await ensureDirectory(directory);
      }
      return join(directory, segments.at(-1)!);
    },
  };
}

function checkSegment(segment: string, options: { readonly path: string; readonly windows: boolean }): void {
  const wrong = (why: string) =>
    new JcsError("Usage", `Cannot write ${JSON.stringify(options.path)} as a local file: ${why}`);
  if (segment === "" || segment === "." || segment === ".." || segment.includes("\u0000")) {
    throw wrong(`${JSON.stringify(segment)} is no name of a file`);
  }
  if (options.windows && (WINDOWS_FORBIDDEN.test(segment) || WINDOWS_DEVICE.test(segment))) {
    throw wrong(`Windows does not allow the name ${JSON.stringify(segment)}`);
  }
}

function refused(directory: string, why: string): JcsError {
  const hint = "Write to the directory that it leads to, or remove the link";
  return new JcsError(
    "PermissionDenied",
    `Cannot write below ${JSON.stringify(directory)}: ${why}. ${hint}`,
    {
      where: { operation: "write", path: directory },
    },
  );
}
