import { JcsError } from "../errors.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether SQLite gave up because another connection holds the database: the same call may succeed in a moment. */
export function isSqliteBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === BUSY || code === LOCKED;
}

const COPY_HINT = "Put it back from a copy; keep the damaged one aside";

/** What an error of SQLite, or of the file system when `file` is opened, means to a user. A {@link JcsError} stays as it is; an error of
 *  neither kind is `Unexpected`. */
export function fromSqliteError(error: unknown, file: string): JcsError {
  if (error instanceof JcsError) return error;
  const say = (text: string): string => `Cannot use catalogue "${file}": ${text}`;
  const reason = error instanceof Error ? error.message : String(error);
  switch (primaryCode(error)) {
    case BUSY:
    case LOCKED:
      return new JcsError("Unreachable", say("another process holds it"), { retry: "later", cause: error });
    case FULL:
      return new JcsError("NoSpace", say("no space is left on its disk"), { cause: error });
    case PERM:
    case READONLY:
      return new JcsError("PermissionDenied", say("it cannot be written to"), { cause: error });
    case CORRUPT:
      return new JcsError("Corrupt", say(`it is damaged: ${reason}. ${COPY_HINT}`), { cause: error });
    case NOTADB:
      return new JcsError(
        "Corrupt",
        say(`it is not an SQLite database, or its start is damaged. ${COPY_HINT}`),
        {
          cause: error,
        },
      );
    case IOERR:
    case CANTOPEN:
      return new JcsError("Unreachable", say(`${reason}. Is its disk full, or gone?`), {
        retry: "later",
        cause: error,
      });
    case undefined:
      return fromFileError(error, say, reason);
    default:
      return new JcsError("Unexpected", say(reason), { cause: error });
  }
}

function fromFileError(error: unknown, say: (text: string) => string, reason: string): JcsError {
  switch (textField(error, "code")) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new JcsError("PermissionDenied", say(reason), { cause: error });
    case "ENOSPC":
    case "EDQUOT":
      return new JcsError("NoSpace", say("no space is left on its disk"), { cause: error });
    case "EEXIST":
    case "ENOENT":
    case "ENOTDIR":
    case "EISDIR":
      return new JcsError("Config", say(reason), { cause: error });
    default:
      return new JcsError("Unexpected", say(reason), { cause: error });
  }
}

/** The primary result code: the low byte of the extended one. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

function textField(error: unknown, field: "code"): string | undefined {
  if (!(error instanceof Error) || !(field in error)) return undefined;
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : undefined;
}
