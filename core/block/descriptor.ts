import type { Json, JsonObject } from "../../ioswitch/json.ts";
import { BLOCKS_MAX, NAME_BYTES_MAX, OBJECT_PATH_BYTES_MAX, STRIP_CHUNK_BYTES_MAX } from "../limits.ts";
import type { Redundancy } from "../redundancy/scheme.ts";
import { canonicalJson } from "./canonical_json.ts";
import { isGeneration } from "./generation.ts";

/** What a block says about itself and its object: enough to rebuild a lost catalogue from blocks alone. Names are those at the time
 *  of writing. */
export interface BlockDescriptor {
  readonly generation: string;
  readonly index: number;
  /** The object across its generations, where the catalogue gives it an identity. */
  readonly objectId?: string;
  readonly bucket: string;
  readonly package: string;
  readonly path: string;
  /** Bytes of the whole object. */
  readonly size: number;
  /** `sha256:` and 64 lower-case hex digits, of the whole object; when known. */
  readonly hash?: string;
  readonly redundancy: Redundancy;
  /** Payload bytes of this block. */
  readonly payloadBytes: number;
  /** Payload bytes under one CRC-32; `checksumChunk` in the stored form. */
  readonly checksumChunkBytes: number;
  readonly createdAt: Date;
  /** Modification time of the source, where it had one. */
  readonly modifiedAt?: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The descriptor as stored: canonical JSON in UTF-8. Its length depends on the hash only by whether there is one. */
export function encodeDescriptor(descriptor: BlockDescriptor): Uint8Array {
  const { checksumChunkBytes, createdAt, modifiedAt, redundancy, ...rest } = descriptor;
  const stored: JsonObject = {
    ...rest,
    checksumChunk: checksumChunkBytes,
    createdAt: createdAt.toISOString(),
    modifiedAt: modifiedAt?.toISOString(),
    // An interface has no index signature: the copy is what makes it a JsonObject.
    redundancy: { ...redundancy },
  };
  return new TextEncoder().encode(canonicalJson(stored));
}

/** Reads what {@link encodeDescriptor} made and checks types and bounds; members it does not know are ignored.
 *
 *  Throws an `Error` that names the member that is wrong. Of `redundancy` it checks only that it is a JSON object with a `kind`: the
 *  schemes themselves know the rest. */
export function decodeDescriptor(bytes: Uint8Array): BlockDescriptor {
  const stored = objectAt(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), "descriptor");
  const text = (name: string, bytesMax: number) => textAt(stored[name], name, bytesMax);
  const integer = (name: string, min: number, max: number) => integerAt(stored[name], name, min, max);
  const generation = text("generation", 32);
  check(isGeneration(generation), "generation");
  const hash = stored["hash"] === undefined ? undefined : text("hash", 71);
  check(hash === undefined || /^sha256:[0-9a-f]{64}$/.test(hash), "hash");
  return {
    generation,
    index: integer("index", 0, BLOCKS_MAX - 1),
    ...(stored["objectId"] === undefined ? {} : { objectId: text("objectId", NAME_BYTES_MAX) }),
    bucket: text("bucket", NAME_BYTES_MAX),
    package: text("package", NAME_BYTES_MAX),
    path: text("path", OBJECT_PATH_BYTES_MAX),
    size: integer("size", 0, Number.MAX_SAFE_INTEGER),
    ...(hash === undefined ? {} : { hash }),
    redundancy: redundancyAt(stored["redundancy"]),
    payloadBytes: integer("payloadBytes", 0, Number.MAX_SAFE_INTEGER),
    checksumChunkBytes: integer("checksumChunk", 1, STRIP_CHUNK_BYTES_MAX),
    createdAt: dateAt(stored["createdAt"], "createdAt"),
    ...(stored["modifiedAt"] === undefined ? {} : { modifiedAt: dateAt(stored["modifiedAt"], "modifiedAt") }),
    metadata: metadataAt(stored["metadata"]),
  };
}

function check(condition: boolean, name: string): asserts condition {
  if (!condition) throw new Error(`its member "${name}" is not valid`);
}

function objectAt(value: Json | undefined, name: string): Readonly<Record<string, Json | undefined>> {
  check(typeof value === "object" && value !== null && !Array.isArray(value), name);
  return value as Readonly<Record<string, Json | undefined>>;
}

function textAt(value: Json | undefined, name: string, bytesMax: number): string {
  check(typeof value === "string" && value.length > 0 && Buffer.byteLength(value) <= bytesMax, name);
  return value;
}

function integerAt(value: Json | undefined, name: string, min: number, max: number): number {
  check(typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max, name);
  return value;
}

function dateAt(value: Json | undefined, name: string): Date {
  const date = new Date(textAt(value, name, 40));
  check(!Number.isNaN(date.getTime()), name);
  return date;
}

function redundancyAt(value: Json | undefined): Redundancy {
  const redundancy = objectAt(value, "redundancy");
  textAt(redundancy["kind"], "redundancy", NAME_BYTES_MAX);
  return redundancy as unknown as Redundancy;
}

function metadataAt(value: Json | undefined): Readonly<Record<string, string>> {
  const metadata = objectAt(value, "metadata");
  check(
    Object.values(metadata).every((member) => typeof member === "string"),
    "metadata",
  );
  return metadata as Readonly<Record<string, string>>;
}
