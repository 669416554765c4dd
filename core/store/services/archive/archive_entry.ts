/** One object of an archive, as its directory tells it. */
export interface ArchiveEntry {
  /** The name that stands in the archive. */
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes of the object. */
  readonly size: number;
  readonly modifiedAt: Date | undefined;
  /** Where in the archive its data, or the header in front of it, begins. */
  readonly position: number;
  readonly linkTarget?: string;
  /** Bytes of the data in the archive. */
  readonly storedBytes: number;
  /** How the data is packed; 0 when it stands there as it is. */
  readonly method: number;
  /** CRC-32 of the object, where the archive knows it. */
  readonly crc32?: number;
  /** Why it cannot be read, where that is known from the directory. */
  readonly unreadable?: string;
}

/** Thrown by readers of archives for what contradicts the format; the message says what. */
export class ArchiveFault extends Error {
  readonly kind: "Corrupt" | "Unsupported";

  constructor(kind: "Corrupt" | "Unsupported", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Reads bytes of the archive file. */
export interface ArchiveBytes {
  readonly size: number;
  /** Exactly `bytes` bytes from `position` on, in a buffer of the caller's; `Corrupt` when the file ends earlier. */
  at(position: number, bytes: number): Promise<Buffer>;
}

/** One format of archives. */
export interface ArchiveFormat {
  /** The entries in the order of the archive; of two with one name the later counts. Memory: one entry. */
  entries(file: ArchiveBytes): AsyncIterable<ArchiveEntry>;
  /** Where the data of an entry begins. */
  dataPosition(file: ArchiveBytes, entry: ArchiveEntry): Promise<number>;
}
