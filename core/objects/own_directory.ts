import { JcsError } from "../errors.ts";
import type { NativeAddress } from "../native_client.ts";

/** The directory that belongs to jcs on every space. */
export const OWN_DIRECTORY = "jcs";

/** Whether `path`, normalised, is the directory of jcs or lies below it. Names that some service or file system takes for the same are the
 *  same here: in other letter case, with invisible or wide characters, with dots or spaces at the end or a stream's name behind a colon. */
export function isOwnPath(path: string): boolean {
  const [top = ""] = path.split("/");
  const plain = top.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return (
    plain
      .toUpperCase()
      .toLowerCase()
      .replace(/:.*$|[. ]+$/s, "") === OWN_DIRECTORY
  );
}

/** Throws `Usage` for a normalised path that is jcs's own: only jcs itself knows which blocks are needed. `action` is the verb of
 *  the message, `isOwn` tells; {@link isOwnPath} unless given. */
export function refuseOwn({ space, path }: NativeAddress, action: string, isOwn = isOwnPath): void {
  if (!isOwn(path)) return;
  const name = JSON.stringify(`${space}:${path}`);
  throw new JcsError(
    "Usage",
    `Cannot ${action} ${name}: what lies below ${OWN_DIRECTORY}/ are the blocks of objects. Use bucket/package/path to change objects`,
    { where: { space, path } },
  );
}
