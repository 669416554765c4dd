import type { NativeAddress } from "../../../core/native_client.ts";
import { type Destination, destinationAt } from "../destination.ts";

/** Where files go on a space: into the target when that ends with a slash or names the space alone, or when there are several sources, else
 *  to its very name. */
export function nativeDestination(
  { space, path }: NativeAddress,
  options: { readonly several: boolean },
): Destination<NativeAddress> {
  const made = { at: (name: string) => ({ space, path: name }), example: `${space}:name` };
  if (path === "" || path.endsWith("/")) return destinationAt({ prefix: path }, made);
  return destinationAt(options.several ? { prefix: `${path}/` } : { path }, made);
}
