import type { ObjectMeta } from "../../../core/store/store.ts";

/** A file of a space as scripts see it; times in ISO 8601. */
export function nativeJson(space: string, meta: ObjectMeta): Record<string, unknown> {
  const { path, kind, modifiedAt, ...rest } = meta;
  return {
    type: "file",
    space,
    path,
    kind,
    ...rest,
    ...(modifiedAt === undefined ? {} : { modifiedAt: modifiedAt.toISOString() }),
  };
}
