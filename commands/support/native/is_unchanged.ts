import type { ObjectMeta } from "../../../core/store/store.ts";

/** Whether the file `there` passes for a copy of `source`: both have the same size, and it was written no earlier than the source was
 *  last changed, by the clock of its service. Never when one of these is unknown. */
export function isUnchanged(
  source: { readonly size?: number | undefined; readonly modifiedAt?: Date | undefined },
  there: ObjectMeta,
): boolean {
  return (
    there.kind !== "directory" &&
    source.size !== undefined &&
    source.size === there.size &&
    source.modifiedAt !== undefined &&
    there.modifiedAt !== undefined &&
    there.modifiedAt >= source.modifiedAt
  );
}
