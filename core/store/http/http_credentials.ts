import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { JcsError } from "../../errors.ts";
import type { Credential } from "../option_value.ts";
import type { OpenContext } from "../service.ts";

/** The headers that show a server who asks: `basic:` and `file:` by user and password, `apikey:` by a bearer token, `env` by what PREFIX_TOKEN, or
 *  PREFIX_USER and PREFIX_PASSWORD say. None without a credential. Throws `Usage` for other kinds, `Config` for what cannot be found or read. */
export async function httpCredentials(
  credential: Credential | undefined,
  source: { readonly service: string; readonly environmentPrefix: string } & Pick<OpenContext, "environment">,
): Promise<Readonly<Record<string, string>>> {
  const { environment, environmentPrefix: prefix } = source;
  const refused = (kind: "Usage" | "Config", state: string, cause?: unknown) =>
    new JcsError(kind, `Cannot open a space of service "${source.service}": ${state}`, { cause });
  const bearer = (token: string) => {
    if (!/^[\x21-\x7e]+$/.test(token)) throw refused("Config", "the token holds what no header can hold");
    return { authorization: `Bearer ${token}` };
  };
  switch (credential?.kind) {
    case undefined:
      return {};
    case "basic":
      return basic(credential.user, credential.password);
    case "apikey":
      return bearer(credential.key);
    case "file": {
      const path = credential.path.replace(/^~(?=\/)/, homedir());
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        throw refused("Config", "credential=file:… cannot be read", error);
      });
      const [, user, password] = /^([^:\n]+):([^\n]*)\s*$/.exec(text.replaceAll("\r", "")) ?? [];
      if (user === undefined || password === undefined) {
        throw refused("Config", "the file of credential=file:… must hold one line USER:PASSWORD");
      }
      return basic(user, password);
    }
    case "env": {
      const token = environment[`${prefix}_TOKEN`];
      const user = environment[`${prefix}_USER`];
      const password = environment[`${prefix}_PASSWORD`];
      if (token) return bearer(token);
      if (user && password !== undefined) return basic(user, password);
      const names = `${prefix}_TOKEN, or ${prefix}_USER and ${prefix}_PASSWORD`;
      throw refused("Config", `credential=env needs ${names} in the environment`);
    }
    case "hmac":
    case "base64":
      throw refused(
        "Usage",
        `credential "${credential.kind}:…" is not known here; use basic:…, apikey:… or env`,
      );
  }
}

function basic(user: string, password: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}
