import type { ObjectRecord } from "../catalog/catalog.ts";
import type { ByteRange } from "../redundancy/strip_layout.ts";
import type { From, Transfer } from "../transfer/transfer.ts";

/** Name of the stream that a reading plan gives its caller. */
export const OBJECT_STREAM = "object";

/** The transfer that gives the caller a range of an object, from the blocks chosen. */
export function readTransfer(object: ObjectRecord, from: readonly From[], range: ByteRange): Transfer {
  const { redundancy, size } = object.generation;
  return {
    from,
    to: [{ kind: "caller", name: OBJECT_STREAM, range }],
    size,
    ...(redundancy.kind === "ec" ? { ec: redundancy } : {}),
  };
}
