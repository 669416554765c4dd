import type { ObjectAddress, ObjectEntry } from "../../core/catalog/catalog.ts";
import { formatScheme } from "../../core/redundancy/parse_scheme.ts";

/** The members by which every JSON line names an object. */
export function addressJson(address: ObjectAddress): Record<string, unknown> {
  return { bucket: address.bucket, package: address.package, path: address.path };
}

/** An object as scripts see it; times in ISO 8601. */
export function objectJson(object: ObjectEntry): Record<string, unknown> {
  const { generation } = object;
  return {
    ...addressJson(object.address),
    size: generation.size,
    hash: generation.hash,
    redundancy: formatScheme(generation.redundancy),
    modifiedAt: (generation.modifiedAt ?? generation.createdAt).toISOString(),
    createdAt: object.createdAt.toISOString(),
    updatedAt: object.updatedAt.toISOString(),
    generation: generation.id,
    metadata: generation.metadata,
  };
}
