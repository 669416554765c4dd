import { JcsError } from "../errors.ts";
import type { Config } from "./config_schema.ts";

/** Reads `mysql://account:password@host:port/database`; account and password may be percent-encoded.
 *
 *  Throws `Usage` for anything else. The text is not shown: it may hold a password. */
export function parseDatabaseUrl(text: string): NonNullable<Config["db"]> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const account = decode(url?.username);
  const password = decode(url?.password);
  const databaseName = decode(url?.pathname.slice(1));
  if (
    url?.protocol !== "mysql:" ||
    !url.hostname ||
    !account ||
    password === undefined ||
    !databaseName ||
    databaseName.includes("/")
  ) {
    const form = "mysql://account:password@host:3306/database";
    throw new JcsError("Usage", `Cannot use this as a database: write it as ${form}`);
  }
  return { address: `${url.hostname}:${url.port === "" ? 3306 : url.port}`, account, password, databaseName };
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
