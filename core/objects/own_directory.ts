import type { NativeAddress } from "../client.ts";
import { JcsError } from "../errors.ts";

/** The directory that belongs to jcs on every space. */
export const OWN_DIRECTORY = "jcs";

/** Whether `path`, normalised, is the directory of jcs or lies below it. Letter case is ignored, since some services do. */
export function isOwnPath(path: string): boolean {
  const [top = ""] = path.split("/");
  return top.toLowerCase() === OWN_DIRECTORY;
}

/** Throws `Usage` for a normalised path below the directory of jcs: only jcs itself knows which blocks are needed. `action` is the verb of
 *  the message. */
export function refuseOwn({ space, path }: NativeAddress, action: string): void {
  if (!isOwnPath(path)) return;
  const name = JSON.stringify(`${space}:${path}`);
  throw new JcsError(
    "Usage",
    `Cannot ${action} ${name}: what lies below ${OWN_DIRECTORY}/ are the blocks of objects. Use bucket/package/path to change objects`,
    { where: { space, path } },
  );
}
