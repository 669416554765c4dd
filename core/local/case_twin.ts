import { realpath } from "node:fs/promises";
import { sep } from "node:path";

/** The name under which `file`, which exists, is really there, when that differs from the wanted one only in letter case: on a file system
 *  that takes both for one, writing it would replace another file. `undefined` otherwise.
 *
 *  Only the last `names` names of the path are compared. `resolve` gives the true path, in the case that the file system keeps. */
export async function caseTwin(
  file: string,
  options: { readonly names: number; readonly resolve?: (file: string) => Promise<string> },
): Promise<string | undefined> {
  const { names, resolve = realpath } = options;
  const lastNames = (path: string) => path.split(sep).slice(-names).join(sep).normalize("NFC");
  const found = await resolve(file).catch(() => undefined);
  if (found === undefined) return undefined;
  const [wanted, real] = [lastNames(file), lastNames(found)];
  return wanted !== real && wanted.toLowerCase() === real.toLowerCase() ? found : undefined;
}
