import { posix } from "node:path";
import { findAll, type ProjectFile } from "./project_files.ts";

/** Lower never imports higher. */
const LAYERS = ["ioswitch", "core", "commands", "cli"];

/** Inside core, lowest first. Only types may be imported from higher up. */
const CORE_LAYERS = [
  "bytes",
  "local",
  "secrets",
  "store",
  "coding",
  "block",
  "catalog",
  "redundancy",
  "config",
  "certificates",
  "transfer",
  "objects",
  "upkeep",
  "access",
];

/** Files right in core that stand above its folders; all others there (errors, limits, assert, …) stand below. */
const CORE_TOP = ["client", "native_client", "local_client", "remote_client", "open_client"];

const IMPORT =
  /^\s*(?:import|export)\s+(?<type>type\s)?(?:(?<names>[^;"']*?)\sfrom\s+)?["'](?<path>\.[^"']*)["']|\bimport\(\s*["'](?<later>\.[^"']*)["']\s*\)/gm;

/** Says where a file imports from above itself. */
export function checkImportDirection(file: ProjectFile): readonly string[] {
  return findAll(file, "code", IMPORT, ({ groups = {} }) => {
    const target = posix.join(posix.dirname(file.path), groups["path"] ?? groups["later"] ?? "");
    if (target === "package.json") return undefined;
    const [from, to] = [layerOf(file.path), layerOf(target)];
    if (to === -1) return `imports ${target}, which is outside of ${LAYERS.join(", ")}`;
    if (to > from) return `imports ${target}: ${LAYERS[from]} may not know ${LAYERS[to]}`;
    if (from !== 1 || to !== 1 || isTypeOnly(groups)) return undefined;
    const [fromCore, toCore] = [coreLayerOf(file.path), coreLayerOf(target)];
    if (fromCore === undefined) return "is in a folder of core that has no place in the order of layers";
    if (toCore === undefined || toCore > fromCore) {
      return `imports ${target}, which stands above it; only types may come from there`;
    }
    return undefined;
  });
}

function layerOf(path: string): number {
  return LAYERS.indexOf(path.split("/")[0] ?? "");
}

function coreLayerOf(path: string): number | undefined {
  const [, name = "", below] = path.split("/");
  if (below === undefined) return CORE_TOP.includes(name.replace(/\.tsx?$/, "")) ? CORE_LAYERS.length : -1;
  const layer = CORE_LAYERS.indexOf(name);
  return layer === -1 ? undefined : layer;
}

/** `import type { … }`, or every name with `type` before it. */
function isTypeOnly(groups: Readonly<Record<string, string | undefined>>): boolean {
  if (groups["type"] !== undefined) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(groups["names"] ?? "")?.[1]?.split(",");
  return names?.every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
}
