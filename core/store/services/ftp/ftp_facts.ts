import type { ObjectMeta } from "../../store.ts";

/** What a server says of one name in a directory. */
export interface FtpEntry {
  /** As the server spells it. */
  readonly name: string;
  readonly kind: ObjectMeta["kind"] | "special";
  readonly size?: number;
  readonly modifiedAt?: Date;
  /** The same for all names of one file (RFC 3659 §7.5.2), where the server tells it. */
  readonly unique?: string;
}

/** Whether a line is one of MLSD: facts, the type of the file among them, a space, and a name. */
export function isLineOfFacts(line: string): boolean {
  return /^(?:[^ ]*;)?type=[^ ;]+(?:;[^ ]*)? ./i.test(line);
}

/** Reads one line of MLSD or MLST (RFC 3659 §7.2): facts, a space, the name. `undefined` for a line that is none, and for the directory
 *  itself and the one above it. */
export function parseFacts(line: string): FtpEntry | undefined {
  const space = line.indexOf(" ");
  if (space < 1 || !line.slice(0, space).includes("=")) return undefined;
  const name = line.slice(space + 1);
  let kind: FtpEntry["kind"] = "special";
  let size: number | undefined;
  let modifiedAt: Date | undefined;
  let unique: string | undefined;
  for (const fact of line.slice(0, space).split(";")) {
    const equals = fact.indexOf("=");
    const value = fact.slice(equals + 1);
    switch (fact.slice(0, Math.max(equals, 0)).toLowerCase()) {
      case "type": {
        const type = value.toLowerCase();
        if (type === "cdir" || type === "pdir") return undefined;
        if (type === "file") kind = "file";
        else if (type === "dir") kind = "directory";
        else if (type.startsWith("os.unix=slink") || type === "os.unix=symlink") kind = "link";
        break;
      }
      case "size":
        if (/^\d+$/.test(value)) size = Number(value);
        break;
      case "modify":
        modifiedAt = parseFtpTime(value);
        break;
      case "unique":
        if (value !== "") unique = value;
        break;
    }
  }
  if (name === "" || name === "." || name === "..") return undefined;
  return {
    name,
    kind,
    ...(size === undefined ? {} : { size }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(unique === undefined ? {} : { unique }),
  };
}

/** Reads a time of MLSD or MDTM: `YYYYMMDDHHMMSS`, always UTC, and perhaps a fraction; `undefined` for what is no time. */
export function parseFtpTime(text: string): Date | undefined {
  const parts = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3}))?/.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined;
  return new Date(
    Date.UTC(year, month - 1, day, hour, minute, second, Number((parts[7] ?? "0").padEnd(3, "0"))),
  );
}
