import { type ArchiveBytes, type ArchiveEntry, ArchiveFault, type ArchiveFormat } from "./archive_entry.ts";

const BLOCK = 512;
/** Longest header of a header: names and attributes. */
const ATTRIBUTES_BYTES_MAX = 1024 * 1024;

/** Archives of tar: ustar, with the long names and sizes of GNU and of pax (POSIX.1-2001). Sparse files cannot be read. */
export const tarFormat: ArchiveFormat = {
  entries: tarEntries,
  dataPosition: async (_, entry) => entry.position,
};

async function* tarEntries(file: ArchiveBytes): AsyncIterable<ArchiveEntry> {
  if (file.size < BLOCK) throw new ArchiveFault("Corrupt", "it is no tar archive");
  let attributes = new Map<string, string>();
  for (let position = 0; position + BLOCK <= file.size; ) {
    const header = await file.at(position, BLOCK);
    // Two blocks of zeros end an archive; one is enough to know, as for tar itself.
    if (header.every((byte) => byte === 0)) return;
    checkSum(header, position);
    const type = String.fromCharCode(header[156] ?? 0);
    const bytes = Number(attributes.get("size") ?? numberAt(header, 124, 12));
    const data = position + BLOCK;
    if (!Number.isSafeInteger(bytes) || bytes < 0 || data + bytes > file.size) {
      throw new ArchiveFault("Corrupt", `an entry at ${position} goes beyond the end of the archive`);
    }
    position = data + Math.ceil(bytes / BLOCK) * BLOCK;
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      if (bytes > ATTRIBUTES_BYTES_MAX)
        throw new ArchiveFault("Corrupt", "the attributes of an entry are too long");
      const text = await file.at(data, bytes);
      // Attributes for all entries hold nothing that is of use here.
      if (type === "x") for (const [key, value] of paxRecords(text)) attributes.set(key, value);
      if (type === "L") attributes.set("path", untilZero(text));
      if (type === "K") attributes.set("linkpath", untilZero(text));
      continue;
    }
    yield entryOf(header, { type, bytes, data, attributes });
    attributes = new Map();
  }
}

function entryOf(
  header: Buffer,
  found: {
    readonly type: string;
    readonly bytes: number;
    readonly data: number;
    readonly attributes: ReadonlyMap<string, string>;
  },
): ArchiveEntry {
  const { type, bytes, data, attributes } = found;
  const isUstar = header.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? untilZero(header.subarray(345, 500)) : "";
  const short = untilZero(header.subarray(0, 100));
  const sparse = type === "S" || [...attributes.keys()].some((key) => key.startsWith("GNU.sparse."));
  const name =
    attributes.get("GNU.sparse.name") ??
    attributes.get("path") ??
    (prefix === "" ? short : `${prefix}/${short}`);
  const seconds = Number(attributes.get("mtime") ?? numberAt(header, 136, 12));
  const kind = kindOf(type, name);
  const modifiedAt = new Date(seconds * 1000);
  return {
    name,
    kind,
    size: kind === "file" ? bytes : 0,
    storedBytes: bytes,
    position: data,
    method: 0,
    modifiedAt: Number.isNaN(modifiedAt.getTime()) ? undefined : modifiedAt,
    ...(kind === "link"
      ? { linkTarget: attributes.get("linkpath") ?? untilZero(header.subarray(157, 257)) }
      : {}),
    ...(sparse ? { unreadable: "sparse files cannot be read out of an archive" } : {}),
  };
}

function kindOf(type: string, name: string): ArchiveEntry["kind"] {
  // Before there were types, a slash at the end made a directory.
  if (type === "0" || type === "\0" || type === "7") return name.endsWith("/") ? "directory" : "file";
  if (type === "S") return "file";
  if (type === "1" || type === "2") return "link";
  return type === "5" ? "directory" : "other";
}

/** The sum that every header has of itself: without it this is no archive, or a damaged one. Some old programs added signed bytes. */
function checkSum(header: Buffer, position: number): void {
  let unsigned = 0;
  let signed = 0;
  for (const [index, byte] of header.entries()) {
    const counted = index >= 148 && index < 156 ? 32 : byte;
    unsigned += counted;
    signed += counted > 127 ? counted - 256 : counted;
  }
  const expected = numberAt(header, 148, 8);
  if (expected === unsigned || expected === signed) return;
  const magic = header.subarray(0, 6).toString("hex");
  if (position === 0 && /^(1f8b|425a68|fd377a585a00|28b52ffd)/.test(magic)) {
    throw new ArchiveFault(
      "Unsupported",
      "it is compressed, and so nothing can be found in it; decompress it first",
    );
  }
  throw new ArchiveFault(
    "Corrupt",
    position === 0 ? "it is no tar archive" : `the header at ${position} is damaged`,
  );
}

/** A number in octal digits, or in binary when the first bit is set (GNU, for large files). */
function numberAt(header: Buffer, offset: number, bytes: number): number {
  const field = header.subarray(offset, offset + bytes);
  const first = field[0] ?? 0;
  if (first === 0x80) return Number(BigInt(`0x${field.subarray(1).toString("hex")}`));
  if ((first & 0x80) !== 0) return Number.NaN;
  const text = untilZero(field).trim();
  return text === "" ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

/** Records of the form `LENGTH KEY=VALUE\n`. */
function paxRecords(text: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let position = 0; position < text.length; ) {
    const space = text.indexOf(0x20, position);
    const length = space === -1 ? Number.NaN : Number(text.toString("latin1", position, space));
    const end = position + length;
    if (!Number.isSafeInteger(length) || end > text.length || end <= space || text[end - 1] !== 0x0a) {
      throw new ArchiveFault("Corrupt", "the attributes of an entry are damaged");
    }
    const record = text.toString("utf8", space + 1, end - 1);
    const equals = record.indexOf("=");
    if (equals === -1) throw new ArchiveFault("Corrupt", "the attributes of an entry are damaged");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    position = end;
  }
  return records;
}

function untilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString("utf8");
}
