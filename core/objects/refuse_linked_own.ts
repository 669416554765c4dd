import { isKind, JcsError } from "../errors.ts";
import type { NativeAddress } from "../native_client.ts";
import type { Store } from "../store/store.ts";

/** What the names of blocks look like, and the mark of a space. */
const OWN_NAME = /^([0-9a-f]{32}\.\d+|\.jcs-space)$/i;

/** Throws `Usage` for a normalised path whose last name is that of a block, or of the mark of a space, when a symbolic link is on the way there: it may lead to the
 *  directory of jcs. Asks the service for no other names. `action` is the verb of the message. */
export async function refuseLinkedOwn(
  store: Store,
  { space, path }: NativeAddress,
  action: string,
): Promise<void> {
  if (!store.capabilities.link || !store.capabilities.directories) return;
  const names = path.split("/");
  if (!OWN_NAME.test(names.at(-1) ?? "")) return;
  for (let depth = 1; depth < names.length; depth++) {
    const directory = names.slice(0, depth).join("/");
    const found = await store.stat(directory).catch((error: unknown) => {
      if (isKind(error, "NotFound")) return undefined;
      throw error;
    });
    if (found === undefined) return;
    if (found.kind !== "link") continue;
    const [name, link] = [`${space}:${path}`, `${space}:${directory}`].map((text) => JSON.stringify(text));
    throw new JcsError(
      "Usage",
      `Cannot ${action} ${name}: ${link} is a link, and so it may be a block of an object. Use the true path`,
      { where: { space, path } },
    );
  }
}
