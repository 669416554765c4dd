import { parseDatabaseUrl } from "../../core/config/parse_database_url.ts";
import { toJcsError } from "../../core/errors.ts";
import type { Edge } from "../command.ts";
import { type InitOptions, LISTEN_DEFAULT } from "./init_options.ts";

/** Asks for what was not given as an option. */
export async function askInit(edge: Edge, given: InitOptions): Promise<InitOptions> {
  const dir = given.dir ?? (await edge.ask({ prompt: "Folder to write to:", default: edge.home }));
  const db = given.db ?? (await askDatabase(edge));
  const listen =
    given.listen ??
    (await edge.ask({ prompt: "Address for the daemon:", default: LISTEN_DEFAULT, check: checkListen }));
  return { ...given, dir, listen, ...(db === "" ? {} : { db }) };
}

async function askDatabase(edge: Edge): Promise<string> {
  const answer = await edge.ask({
    prompt: "Catalogue (embedded, or mysql://account@host:3306/database):",
    default: "embedded",
    check: (text) => (text === "embedded" ? undefined : problemOf(() => parseDatabaseUrl(text))),
  });
  if (answer === "embedded") return "";
  const url = new URL(answer);
  if (url.password === "") {
    const password = await edge.ask({ prompt: `Password of ${url.username}:`, secret: true });
    url.password = encodeURIComponent(password);
  }
  return url.href;
}

function checkListen(text: string): string | undefined {
  return /^\S+:\d{1,5}$/.test(text) ? undefined : `Write host:port, for example ${LISTEN_DEFAULT}`;
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return toJcsError(error).message;
  }
}
