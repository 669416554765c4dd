import { type ArchiveBytes, type ArchiveEntry, ArchiveFault, type ArchiveFormat } from "./archive_entry.ts";

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
/** Bytes of the directory that are read at a time; more than the longest entry. */
const WINDOW_BYTES = 256 * 1024;

const STORED = 0;
const DEFLATED = 8;

/** Archives of zip, also those of 4 GiB and more (zip64): stored and deflated entries. Encrypted ones and other methods cannot be read.
 *  Source: PKWARE, ".ZIP File Format Specification" 6.3. */
export const zipFormat: ArchiveFormat = {
  entries: zipEntries,
  async dataPosition(file, entry) {
    const header = await file.at(entry.position, LOCAL_BYTES);
    if (header.readUInt32LE(0) !== 0x04034b50) throw damaged("an entry is not where the directory says");
    return entry.position + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  },
};

async function* zipEntries(file: ArchiveBytes): AsyncIterable<ArchiveEntry> {
  const { start, end, count } = await directoryOf(file);
  let windowStart = start;
  let window = await file.at(start, Math.min(WINDOW_BYTES, end - start));
  let position = start;
  const take = async (bytes: number): Promise<Buffer> => {
    if (position + bytes > end) throw damaged("the directory ends within an entry");
    if (position + bytes > windowStart + window.length) {
      window = await file.at(position, Math.min(Math.max(WINDOW_BYTES, bytes), end - position));
      windowStart = position;
    }
    const taken = window.subarray(position - windowStart, position - windowStart + bytes);
    position += bytes;
    return taken;
  };
  for (let index = 0; index < count; index++) {
    const header = Buffer.from(await take(CENTRAL_BYTES));
    if (header.readUInt32LE(0) !== 0x02014b50) throw damaged("the directory is damaged");
    const nameBytes = header.readUInt16LE(28);
    const extraBytes = header.readUInt16LE(30);
    const rest = Buffer.from(await take(nameBytes + extraBytes + header.readUInt16LE(32)));
    yield entryOf(header, {
      name: rest.subarray(0, nameBytes),
      extra: rest.subarray(nameBytes, nameBytes + extraBytes),
      dataEnd: start,
    });
  }
}

/** Where the directory is: its place stands at the end of the file, before a comment of any length. */
async function directoryOf(
  file: ArchiveBytes,
): Promise<{ readonly start: number; readonly end: number; readonly count: number }> {
  const tailBytes = Math.min(file.size, END_BYTES + COMMENT_BYTES_MAX);
  const tail = await file.at(file.size - tailBytes, tailBytes);
  let at = tail.length - END_BYTES;
  for (; at >= 0; at--) {
    if (tail.readUInt32LE(at) === 0x06054b50 && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
      break;
  }
  if (at < 0) throw damaged("it is no zip archive, or its end is missing");
  const endPosition = file.size - tailBytes + at;
  let disks = tail.readUInt16LE(at + 4) + tail.readUInt16LE(at + 6);
  let count = tail.readUInt16LE(at + 10);
  let bytes = tail.readUInt32LE(at + 12);
  let start = tail.readUInt32LE(at + 16);
  let limit = endPosition;
  if (count === 0xffff || bytes === 0xffffffff || start === 0xffffffff) {
    const locator = await file.at(endPosition - LOCATOR_BYTES, LOCATOR_BYTES);
    if (locator.readUInt32LE(0) === 0x07064b50) {
      const place = number64(locator, 8);
      const record = await file.at(place, END64_BYTES);
      if (record.readUInt32LE(0) !== 0x06064b50)
        throw damaged("its large directory is not where it should be");
      disks = record.readUInt32LE(16) + record.readUInt32LE(20);
      count = number64(record, 32);
      bytes = number64(record, 40);
      start = number64(record, 48);
      limit = place;
    }
  }
  if (disks !== 0) throw new ArchiveFault("Unsupported", "it is spread over several files");
  if (start + bytes > limit || count * CENTRAL_BYTES > bytes)
    throw damaged("its directory does not fit into it");
  return { start, end: start + bytes, count };
}

function entryOf(
  header: Buffer,
  source: { readonly name: Buffer; readonly extra: Buffer; readonly dataEnd: number },
): ArchiveEntry {
  const flags = header.readUInt16LE(8);
  const method = header.readUInt16LE(10);
  const sizes = {
    size: header.readUInt32LE(24),
    storedBytes: header.readUInt32LE(20),
    position: header.readUInt32LE(42),
  };
  const { size, storedBytes, position } = withLargeSizes(sizes, source.extra);
  const name = (flags & 0x0800) !== 0 ? source.name.toString("utf8") : legacyText(source.name);
  // The upper half is the mode of Unix, where the archive was made there.
  const madeOnUnix = header.readUInt16LE(4) >> 8 === 3;
  const isLink = madeOnUnix && header.readUInt32LE(38) >>> 28 === 0xa;
  const kind = name.endsWith("/") ? "directory" : isLink ? "link" : "file";
  const outside =
    position + LOCAL_BYTES + storedBytes > source.dataEnd || (method === STORED && size !== storedBytes);
  const unreadable =
    (flags & 0x0001) !== 0
      ? "it is encrypted"
      : method !== STORED && method !== DEFLATED
        ? `it is packed with method ${method}`
        : undefined;
  if (unreadable === undefined && outside)
    throw damaged("an entry says that it is larger than the archive has room for");
  return {
    name,
    kind,
    size,
    storedBytes,
    position,
    method,
    crc32: header.readUInt32LE(16),
    modifiedAt: timeOf(header.readUInt16LE(14), header.readUInt16LE(12)),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** The sizes that did not fit into the entry stand behind it, in this order, each only where it did not fit. */
function withLargeSizes<Sizes extends { size: number; storedBytes: number; position: number }>(
  sizes: Sizes,
  extra: Buffer,
): Sizes {
  for (let at = 0; at + 4 <= extra.length; ) {
    const bytes = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 0x0001) {
      const field = extra.subarray(at + 4, at + 4 + bytes);
      const large = { ...sizes };
      let offset = 0;
      for (const key of ["size", "storedBytes", "position"] as const) {
        if (sizes[key] !== 0xffffffff) continue;
        if (offset + 8 > field.length) throw damaged("the sizes of an entry are damaged");
        large[key] = number64(field, offset);
        offset += 8;
      }
      return large;
    }
    at += 4 + bytes;
  }
  return sizes;
}

function number64(bytes: Buffer, offset: number): number {
  const value = bytes.readBigUInt64LE(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged("a size in it is larger than any file");
  return Number(value);
}

/** Names without the mark of UTF-8 are UTF-8 all the same where they can be, as modern programs write them, and otherwise that of old PCs, of which only
 *  ASCII is certain. */
function legacyText(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}

/** Local time of whoever made the archive, in steps of two seconds: there is no time zone in it. */
function timeOf(date: number, time: number): Date | undefined {
  if (date === 0) return undefined;
  const day = [1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31] as const;
  return new Date(...day, time >> 11, (time >> 5) & 63, (time & 31) * 2);
}

function damaged(state: string): ArchiveFault {
  return new ArchiveFault("Corrupt", state);
}
