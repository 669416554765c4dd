import { MARK_NAME } from "../store/files/reserved_names.ts";
import { isOwnPath } from "./own_directory.ts";

/** Tells which paths of a space, normalised, belong to jcs: its own directory, and those of the spaces that lie inside of its directory; all of it when it
 *  lies inside the directory of jcs on another one.
 *
 *  `places` are those of the other spaces, see `placeOfSpace`: two spaces that reach one directory through different services are not seen to do so. */
export function ownPathsOf(
  { place, workDirectory }: { readonly place: string; readonly workDirectory: string },
  places: readonly string[],
): (path: string) => boolean {
  if (!place.endsWith(workDirectory)) return isOwnPath;
  const root = place.slice(0, place.length - workDirectory.length);
  const directories = places
    .filter((other) => other.startsWith(`${root}/`))
    .map((other) => other.slice(root.length));
  const isInside = directories.some(
    (outer) => workDirectory.startsWith(outer) && isOwnPath(workDirectory.slice(outer.length)),
  );
  if (isInside) return () => true;
  const nested = directories
    .filter((inner) => inner.startsWith(workDirectory) && inner !== workDirectory)
    .map((inner) => inner.slice(workDirectory.length).toLowerCase());
  if (nested.length === 0) return isOwnPath;
  return (path) => {
    if (isOwnPath(path)) return true;
    const lower = path.toLowerCase();
    return nested.some((inner) => {
      if (!lower.startsWith(inner)) return false;
      const rest = path.slice(inner.length);
      return rest.toLowerCase() === MARK_NAME || isOwnPath(rest);
    });
  };
}
