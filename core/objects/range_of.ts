import { formatAddress } from "../catalog/address.ts";
import type { ObjectRecord } from "../catalog/catalog.ts";
import { JcsError } from "../errors.ts";
import type { ByteRange } from "../redundancy/strip_layout.ts";

/** The range of an object that was asked for, cut off at its end. Throws `Usage` when it does not start inside the object. */
export function rangeOf(
  object: ObjectRecord,
  wanted: { readonly offset?: number; readonly length?: number },
): ByteRange {
  const { size } = object.generation;
  const { offset: start = 0, length = size } = wanted;
  if (!Number.isSafeInteger(start) || start < 0 || start > size)
    throw new JcsError(
      "Usage",
      `Cannot read "${formatAddress(object.address)}" from byte ${start}: it has ${size} bytes`,
    );
  if (!Number.isSafeInteger(length) || length < 0)
    throw new JcsError("Usage", `Cannot read ${length} bytes: the length must be a whole number, 0 or more`);
  return { start, end: Math.min(size, start + length) };
}
