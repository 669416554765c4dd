import type { ObjectMeta } from "../../../core/store/store.ts";

/** Whether the file `there` passes for a copy of `source`: both have the same size, and it was written no earlier than the source was
 *  last changed, by the clock of its service. Never when one of these is unknown. A time in whole seconds may have been cut: the source may
 *  then have been changed up to the end of that second. */
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
    there.modifiedAt.getTime() >= latestMs(source.modifiedAt)
  );
}

function latestMs(modifiedAt: Date): number {
  const timeMs = modifiedAt.getTime();
  return timeMs % 1000 === 0 ? timeMs + 1000 : timeMs;
}
