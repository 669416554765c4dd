import { decodeName, encodeName } from "../../encoded_name.ts";
import { isOwnName } from "../../files/reserved_names.ts";

/** Longest path from the root of the drive, and longest name, in characters (UTF-16). */
export const PATH_CHARACTERS_MAX = 400;
export const NAME_CHARACTERS_MAX = 255;

/** What stands in no name: the characters that OneDrive or SharePoint refuse anywhere, at the beginning or at the end of a name; one character of a
 *  name that is refused as a whole, wherever it stands (`forms` only at the top of a library); and of `_vti_`, which no name may hold.
 *  Source: Microsoft Support, "Restrictions and limitations in OneDrive and SharePoint". */
const REFUSED = new RegExp(
  [
    /["*:<>?\\|\u0000-\u001f\u007f]/,
    /(?<=^|\/)[ ~]/,
    /[ .](?=\/|$)/,
    /(?<=^|\/)(?=(?:\.lock|aux|con|prn|nul|com\d|lpt\d|desktop\.ini)(?:\/|$))./,
    /(?<=^)f(?=orms(?:\/|$))/,
    /_(?=vti_)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gi",
);

/** The file of a drive for a path from its root, in names that the service takes. */
export function encodePath(path: string): string {
  return encodeName(path, REFUSED);
}

/** The name in a store's path of an item of folder `folder`; `undefined` when no path has it, and for what jcs keeps for itself. */
export function nameOf(name: string, folder: string): string | undefined {
  if (isOwnName(name)) return undefined;
  const decoded = decodeName(name);
  if (/[\\/\0]/.test(decoded) || decoded === "." || decoded === "..") return undefined;
  const place = folder === "" ? "" : `${folder}/`;
  return encodePath(`${decodeName(place)}${decoded}`) === `${place}${name}` ? decoded : undefined;
}

/** What is wrong with a file's path, if anything. */
export function faultOf(file: string): string | undefined {
  if (file.length > PATH_CHARACTERS_MAX) {
    return `the path is longer than ${PATH_CHARACTERS_MAX} characters`;
  }
  for (const name of file.split("/")) {
    if (name.length > NAME_CHARACTERS_MAX)
      return `a name in it is longer than ${NAME_CHARACTERS_MAX} characters`;
    if (isOwnName(name)) return "names of this form are jcs's own";
  }
  return undefined;
}

/** The folder that a file is in; empty for the root. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf("/")));
}

/** The last name of a file's path. */
export function leafOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}
