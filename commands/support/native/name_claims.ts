import { JcsError } from "../../../core/errors.ts";
import type { NativeAddress, NativeClient } from "../../../core/native_client.ts";
import { formatNative } from "../native_address.ts";

/** Most names that are remembered. */
const NAMES_MAX = 250_000;

/** Sees to it that one run writes no file of a space twice: the second would take the place of the first. */
export interface NameClaims {
  /** Takes the name for one file. Throws `AlreadyExists` when it, or on a service that does not tell letter case apart one that differs
   *  only in that, was taken before; `Usage` when there are too many to remember. */
  claim(at: NativeAddress): Promise<void>;
}

/** Makes the claims of one run. Names are remembered only where two can be the same: with `several` sources, or on a service that does not
 *  tell letter case apart. */
export function createNameClaims(native: NativeClient, options: { readonly several: boolean }): NameClaims {
  const taken = new Map<string, string>();
  return {
    async claim(at) {
      const { capabilities } = await native.about(at.space);
      if (capabilities.caseSensitive && !options.several) return;
      const path = at.path.replaceAll("\\", "/");
      const key = capabilities.caseSensitive ? path : path.normalize("NFC").toLowerCase();
      const name = JSON.stringify(formatNative(at));
      const other = taken.get(key);
      if (other !== undefined) {
        const why =
          other === path
            ? "another source has just been written there"
            : `${JSON.stringify(other)} has just been written, and the service does not tell the two names apart`;
        throw new JcsError("AlreadyExists", `Cannot write ${name}: ${why}`, { where: at });
      }
      if (taken.size >= NAMES_MAX) {
        const why = `more than ${NAMES_MAX} names are too many to tell equal ones. Use a command for each directory`;
        throw new JcsError("Usage", `Cannot write ${name}: ${why}`, { where: at });
      }
      taken.set(key, path);
    },
  };
}
