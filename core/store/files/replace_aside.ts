import { isKind } from "../../errors.ts";
import { asideName } from "./reserved_names.ts";

/** Writers of one object get into each other's way. */
const TRIES_MAX = 5;

/** Files of a service that cannot rename over a file. Paths are relative to the work directory. */
export interface AsideFiles {
  /** Fails when there is a file at `target`. */
  rename(source: string, target: string): Promise<void>;
  /** Idempotent. */
  remove(path: string): Promise<void>;
  look(path: string): Promise<"object" | "directory" | undefined>;
}

/** Gives the file at `source` the name `target`, which may be taken: then the old object steps aside under a name that is found from its own
 *  ({@link asideName}), and goes when the new one has its place. A crash in between leaves the old one there, whence {@link bringBack} fetches it; what a
 *  crash after that leaves is removed by the next replacement, removal or list. On failure the old object is where it was, or aside where a
 *  lost connection or a cancelled call kept it. */
export async function replaceAside(
  files: AsideFiles,
  { source, target }: { readonly source: string; readonly target: string },
): Promise<void> {
  const aside = asideOf(target);
  for (let tries = 1; ; tries++) {
    try {
      await files.rename(source, target);
      // An answer may have been lost: then the old object is aside although that seemed to fail.
      if (tries > 1) await files.remove(aside).catch(() => {});
      return;
    } catch (error) {
      if (tries === TRIES_MAX || (await files.look(target)) !== "object") throw error;
    }
    try {
      await files.rename(target, aside);
    } catch (error) {
      // Another writer was quicker, or a crash has left something at that place.
      if ((await files.look(target)) === undefined) continue;
      if ((await files.look(aside)) === undefined) throw error;
      await files.remove(aside);
      continue;
    }
    try {
      await files.rename(source, target);
    } catch (error) {
      // Fails where another writer's object has the place by now.
      await files.rename(aside, target).catch(() => {});
      if (tries === TRIES_MAX || (await files.look(source)) === undefined) throw error;
      continue;
    }
    // What stays is hidden.
    return await files.remove(aside).catch(() => {});
  }
}

/** Gives an object its place back that a crash has left aside. To be asked where there is nothing at `target`; says whether there is something now. */
export async function bringBack(files: AsideFiles, target: string): Promise<boolean> {
  const aside = asideOf(target);
  if ((await files.look(aside)) === undefined) return false;
  await files.rename(aside, target).catch(() => {});
  return (await files.look(target)) !== undefined;
}

/** What `look` gives, and gives again where it found nothing because a crash has left the object aside: `bringItBack` gives it its place. */
export async function orBroughtBack<T>(
  look: () => Promise<T>,
  bringItBack: () => Promise<boolean>,
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!isKind(error, "NotFound") || !(await bringItBack())) throw error;
    return await look();
  }
}

/** What is done about an object that may be aside: it gets its place back where there is nothing at `target`, and is removed where there is something. Says
 *  whether it is back. */
export async function settleAside(files: AsideFiles, target: string): Promise<boolean> {
  if ((await files.look(target)) === undefined) return await bringBack(files, target);
  // What stays is hidden.
  await files.remove(asideOf(target)).catch(() => {});
  return false;
}

/** The path beside `path` where its object steps aside. */
export function asideOf(path: string): string {
  const at = path.lastIndexOf("/") + 1;
  return path.slice(0, at) + asideName(path.slice(at));
}
